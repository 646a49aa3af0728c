"""The catalogue of Python runtimes (`runtimes.toml` of python-runtime), made from published metadata."""
