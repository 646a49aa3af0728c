"""strata/python-runtime: which Python an app gets, where it comes from, and the layer that holds it."""
