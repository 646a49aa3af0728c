"""Looking after images that were built with the buildpacks: what is in them."""
