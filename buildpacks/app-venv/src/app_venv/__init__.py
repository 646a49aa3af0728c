"""The buildpack strata/app-venv: the application's dependencies in a virtual environment."""
