"""The Pythons that the code of buildpacks runs with."""

from __future__ import annotations

MINORS = ("3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
"""The minor versions of Python that the code of a buildpack may meet in a build image.

The libraries' classifiers name the same ones; nox takes them from there.
"""
