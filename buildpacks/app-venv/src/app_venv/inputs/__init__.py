"""What the app wants installed, whatever kind of file says so."""

PYPROJECT = "pyproject.toml"
