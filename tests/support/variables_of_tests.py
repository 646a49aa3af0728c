"""The variables that tests of this repository read, described as data."""

from __future__ import annotations

from buildpack_common.environment_variables import Variable

HYPOTHESIS_PROFILE = Variable(
    "STRATA_HYPOTHESIS_PROFILE",
    "which examples property tests try: the same 50 in each run, or 2,000 new ones",
    form="`repeatable` (default), `explore`",
)
FUZZ_CASES = Variable(
    "STRATA_TEST_CASES", "how many cases `e2e-long` tries of each target (default: 100000)", form="a number"
)
RELEASE_KILLS = Variable(
    "STRATA_TEST_KILLS",
    "how often the test of releases kills one, at chance moments (default: 5)",
    form="a number",
)
KPACK_DEFINITIONS = Variable(
    "STRATA_KPACK_DEFINITIONS",
    "kpack's definitions, as its API has them: what is written for kpack is compared with them",
    form="a file",
)

VARIABLES = (HYPOTHESIS_PROFILE, FUZZ_CASES, RELEASE_KILLS, KPACK_DEFINITIONS)
"""All of them, in the order of the documentation."""
