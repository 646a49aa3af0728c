"""The variables of python-runtime: what their values mean, and which are refused."""

from __future__ import annotations

import pytest

from buildpack_api.errors import ConfigurationError
from python_runtime.prune import wanted
from python_runtime.settings import KEEPABLE, kept_groups, mirror_of


@pytest.mark.parametrize(
    ("value", "groups"),
    [
        ("", ()),
        ("  ", ()),
        ("tests", ("tests",)),
        ("tk tests", ("tests", "tk")),
        ("tk,tests tk", ("tests", "tk")),
        ("libpython", ("libpython",)),
    ],
)
def test_what_to_keep(value: str, groups: tuple[str, ...]) -> None:
    assert kept_groups({"BP_PYTHON_KEEP": value}) == groups
    assert kept_groups({}) == ()


def test_an_unknown_group_is_named_with_the_one_that_may_be_meant() -> None:
    with pytest.raises(ConfigurationError, match="names 'test', which") as caught:
        kept_groups({"BP_PYTHON_KEEP": "tk test"})

    assert caught.value.detail == "Did you mean 'tests'?"
    assert "tests, tk, static, libpython" in caught.value.advice


@pytest.mark.parametrize("group", KEEPABLE)
def test_each_group_that_can_be_kept_is_known_where_files_are_pruned(group: str) -> None:
    assert wanted("3.14", (group,))("bin/python3.14")


def test_the_mirror_of_a_host_has_a_variable_of_its_own() -> None:
    variable = mirror_of("files.my-mirror.example")
    assert variable.name == "BP_DEPENDENCY_MIRROR_FILES_MY__MIRROR_EXAMPLE"
    assert variable.text({variable.name: " https://here.example "}) == "https://here.example"
