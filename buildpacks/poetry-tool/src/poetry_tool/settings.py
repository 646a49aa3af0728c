"""The variable by which a user chooses another Poetry: described as data, in one place.

The table in the README is made of it; a test holds them together.
"""

from __future__ import annotations

from buildpack_common.environment_variables import Variable

VERSION = Variable(
    "BP_POETRY_VERSION",
    "another Poetry of those that this buildpack knows: an exact version (`2.4.3`), a series (`2.4.*`) or a "
    "range (`>=2.4,<2.5`)",
    form="a version or a range",
)

VARIABLES = (VERSION,)
"""All of them, in the order of the documentation."""
