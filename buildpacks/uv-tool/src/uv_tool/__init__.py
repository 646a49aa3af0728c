"""The buildpack strata/uv-tool: uv in a layer of its own, for the build only."""
