from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildpack_api.names import check_layer_name, check_process_type

LAYER_NAMES = st.text("ab-_", min_size=1, max_size=4)


@pytest.mark.parametrize("name", ["python", "pip-cache", "venv_2", "A"])
def test_ordinary_layer_names_are_allowed(name: str) -> None:
    assert check_layer_name(name) == name


@pytest.mark.parametrize("name", ["", "py3.13", "build", "launch", "store", "a/b", "a b", "..", "a\n", "é"])
def test_layer_names_that_the_lifecycle_would_misread_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="layer name"):
        check_layer_name(name)


@given(LAYER_NAMES, LAYER_NAMES)
@example("py", "py-venv")
def test_two_layers_are_refused_exactly_if_build_and_launch_would_sort_them_differently(
    first: str, second: str
) -> None:
    at_build = sorted([first, second], key=lambda name: f"{name}.toml")
    at_launch = sorted([first, second])
    if at_build == at_launch:
        assert check_layer_name(first, [second]) == first
    else:
        with pytest.raises(ValueError, match="order them differently"):
            check_layer_name(first, [second])


@pytest.mark.parametrize("name", ["web", "worker.1", "a_b-c", "..."])
def test_process_types_of_the_specification_are_allowed(name: str) -> None:
    assert check_process_type(name) == name


@pytest.mark.parametrize("name", ["", "a b", "a/b", "web\n", ".", "..", "ä"])
def test_other_process_types_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="process type"):
        check_process_type(name)
