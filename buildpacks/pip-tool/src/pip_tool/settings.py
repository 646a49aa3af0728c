"""The variables by which a user chooses another pip: described as data, in one place.

The table in the README is made of them; a test holds them together.
"""

from __future__ import annotations

from buildpack_common.environment_variables import Variable

VERSION = Variable(
    "BP_PIP_VERSION",
    "another pip: an exact version (`25.3`), a series (`25.*`) or a range (`>=25.1,<26`)",
    form="a version or a range",
)
SHA256 = Variable(
    "BP_PIP_SHA256",
    "that of the wheel of that exact version; another wheel is refused",
    form="a SHA-256",
)

VARIABLES = (VERSION, SHA256)
"""All of them, in the order of the documentation."""
