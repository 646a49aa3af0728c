"""Environment markers (PyPA specification 'Dependency specifiers') for the Python that the app gets."""

from __future__ import annotations


def marker_environment(version: str) -> dict[str, str]:
    """Return the values of environment markers (PEP 508) for another CPython ``version`` of this machine."""
    from packaging.markers import default_environment  # noqa: PLC0415

    values = {name: str(value) for name, value in default_environment().items()}
    minor = ".".join(version.split(".")[:2])
    own = {"python_version": minor, "python_full_version": version, "implementation_version": version}
    return {**values, **own}
