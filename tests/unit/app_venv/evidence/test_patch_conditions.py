"""What patches of one Python decide differently is found, wherever it is written, and nothing else is."""

from __future__ import annotations

import pytest

from app_venv.environment.installed import InstalledDistribution
from app_venv.evidence.patch_conditions import (
    changed_answers,
    deciding,
    distribution_conditions,
    written_conditions,
)

REDIS = 'python_full_version < "3.11.3"'


@pytest.mark.parametrize(
    "text",
    [
        'async-timeout==5.0.1 ; python_full_version < "3.11.3" --hash=sha256:00',
        "{ name = \"async-timeout\", marker = \"python_full_version<'3.11.3' and extra == 'x'\" }",
        'marker = "python_full_version < \\"3.11.3\\""',
        "requires-python = '<3.11.3'",
        'requires_python = "<3.11.3"',
        "[{'requires-python': '<3.11.3'}]",
        'python-versions = ">=3.9,<3.11.3"',
    ],
)
def test_conditions_are_found_in_all_kinds_of_files(text: str) -> None:
    assert deciding(written_conditions([text]), "3.11") == (REDIS,)


@pytest.mark.parametrize(
    ("versions", "condition"),
    [
        ("^3.11.3", '>= "3.11.3"'),
        ("~3.11.3", '>= "3.11.3"'),
        ("~3.11.3 || ^3.12", '>= "3.11.3"'),
        ("3.11.3", '== "3.11.3"'),
        ("~=3.11.3", '~= "3.11.3"'),
    ],
)
def test_what_poetry_alone_writes_of_versions_is_understood(versions: str, condition: str) -> None:
    found = written_conditions([f'python-versions = "{versions}"'])
    assert deciding(found, "3.11") == (f"python_full_version {condition}",)


@pytest.mark.parametrize("versions", ["^3.11", "~3.11", "3.11.*", ">=3.11,<4.0", "*", "^3.8 || ^3.11"])
def test_what_all_patches_answer_alike_is_no_condition(versions: str) -> None:
    assert deciding(written_conditions([f'python-versions = "{versions}"']), "3.11") == ()


def test_conditions_are_found_in_metadata_also_of_what_was_left_out() -> None:
    fields = {
        "requires-python": (">=3.9, !=3.11.4",),
        "requires-dist": ("a>=1", "async-timeout>=4.0.3; python_full_version < '3.11.3' and extra == 'no'"),
    }
    found = distribution_conditions([InstalledDistribution("redis", "5", fields=fields)])
    assert deciding(found, "3.11") == ('python_full_version != "3.11.4"', REDIS)


@pytest.mark.parametrize(
    ("condition", "decides"),
    [
        ('python_full_version >= "3.12.4"', True),
        ('"3.12.4" <= python_full_version', True),
        ('implementation_version ~= "3.12.4"', True),
        ('python_full_version > "3.12"', True),
        ('python_full_version == "3.12"', True),
        ('python_full_version in "3.12.1 3.12.2"', True),
        ('python_full_version not in "3.12.1 3.12.2"', True),
        ('python_full_version >= "3.12"', False),
        ('python_full_version < "3.12"', False),
        ('python_full_version == "3.12.*"', False),
        ('python_full_version < "3.11.3"', False),
        ('python_full_version >= "3"', False),
        ('python_full_version >= "nonsense 12"', False),
        ('python_full_version == "3.12.99999999999999999999"', False),
    ],
)
def test_only_what_patches_of_this_minor_answer_differently_counts(condition: str, *, decides: bool) -> None:
    assert deciding([condition], "3.12") == ((condition,) if decides else ())


def test_an_answer_that_stays_is_no_change() -> None:
    assert changed_answers([REDIS], "3.11.2", "3.11.2") == ()
    assert changed_answers([REDIS], "3.11.1", "3.11.2") == ()
    assert changed_answers([REDIS], "3.11.2", "3.11.3") == (f"{REDIS} is false with Python 3.11.3",)
    assert changed_answers([REDIS], "3.11.4", "3.11.2") == (f"{REDIS} is true with Python 3.11.2",)
