"""A virtual environment and what lies in it, whatever installed it."""
