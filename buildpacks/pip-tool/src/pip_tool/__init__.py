"""The buildpack strata/pip-tool: pip in a layer of its own, for the build only."""
