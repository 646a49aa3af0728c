"""Wheels: locked, fetched by pip, vendored, unpacked."""
