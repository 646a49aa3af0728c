"""Tools for the build alone: which version is asked for, and its wheel, carried or from the package index."""
