"""The buildpack strata/poetry-tool: Poetry in an environment of its own, for the build only."""
