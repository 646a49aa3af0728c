"""The variables by which a user chooses another uv: described as data, in one place.

The table in the README is made of them; a test holds them together.
"""

from __future__ import annotations

from buildpack_common.environment_variables import Variable

VERSION = Variable(
    "BP_UV_VERSION",
    "another uv: an exact version (`0.13.1`), a series (`0.13.*`) or a range (`>=0.12,<0.14`)",
    form="a version or a range",
)
SHA256 = Variable(
    "BP_UV_SHA256",
    "that of the wheel of that exact version, for the machine at hand; another wheel is refused",
    form="a SHA-256",
)

VARIABLES = (VERSION, SHA256)
"""All of them, in the order of the documentation."""
