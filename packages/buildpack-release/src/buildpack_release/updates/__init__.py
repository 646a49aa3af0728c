"""Newer releases of what the buildpacks carry: the tools in `wheels.lock`, the libraries in `vendor.lock`."""
