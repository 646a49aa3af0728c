from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_api import toml
from buildpack_api.layer_key import LayerKey, outcome

OTHER_VERSION = "its metadata is that of another version of this buildpack"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@dataclass(frozen=True)
class Key(LayerKey):
    """A key with a field of each kind."""

    python: str = field(default="3.12.1", metadata={"label": "Python"})
    recipe_version: int = 1
    keep: bool = False
    packages: tuple[str, ...] = ()


KEYS = st.builds(
    Key, TEXT, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.lists(TEXT, max_size=3).map(tuple)
)


@given(KEYS, KEYS)
def test_there_are_reasons_exactly_if_keys_differ(old: Key, new: Key) -> None:
    """Also through the TOML file in between."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "x.toml")
        toml.write(path, old.to_metadata())
        restored = toml.load(path)
    reasons = new.reasons_against(restored)
    assert bool(reasons) == (old != new)
    assert all(reasons)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"python": "3.13.0"}, "Python: 3.12.1 -> 3.13.0"),
        ({"python": ""}, "Python: 3.12.1 -> (none)"),
        ({"recipe_version": 2}, "recipe version: 1 -> 2"),
        ({"keep": True}, "keep: no -> yes"),
        ({"packages": ("b", "c")}, "packages: +c, -a"),
        ({"packages": ("b", "a")}, "packages: in another order"),
        ({"packages": ("a", "a", "b")}, "packages: in another order"),
    ],
)
def test_a_reason_says_what_changed(change: dict[str, object], reason: str) -> None:
    old = Key(packages=("a", "b"))
    new = replace(old, **change)  # type: ignore[arg-type]
    assert new.reasons_against(old.to_metadata()) == (reason,)


def test_each_difference_is_a_reason_of_its_own() -> None:
    reasons = Key("3.13.0", 2).reasons_against(Key().to_metadata())
    assert reasons == ("Python: 3.12.1 -> 3.13.0", "recipe version: 1 -> 2")


def test_digests_and_long_texts_are_shortened() -> None:
    old, new = Key("sha256:" + "ab" * 32), Key("nopqrstuvw" * 7)
    assert new.reasons_against(old.to_metadata()) == (f"Python: abababababab... -> {'nopqrstuvw' * 6}...",)
    longer = Key("nopqrstuvw" * 8)
    assert longer.reasons_against(new.to_metadata()) == ("Python: changed",)


@pytest.mark.parametrize("metadata", [{}, {"python": "3.12.1"}, {**Key().to_metadata(), "more": 1}])
def test_other_fields_are_the_trace_of_another_version(metadata: dict[str, object]) -> None:
    assert Key().reasons_against(metadata) == (OTHER_VERSION,)


@pytest.mark.parametrize(
    "change", [{"python": 1}, {"recipe_version": True}, {"keep": 0}, {"packages": [1]}, {"packages": "a"}]
)
def test_values_of_another_type_are_malformed_even_if_python_calls_them_equal(
    change: dict[str, object],
) -> None:
    metadata = {**Key().to_metadata(), **change}
    assert Key().reasons_against(metadata) == ("its metadata is malformed",)


def test_a_whole_number_that_the_lifecycle_gives_back_as_a_float_is_equal() -> None:
    """It keeps layer metadata as JSON; without this a key with a number would never be reusable."""
    assert Key().reasons_against({**Key().to_metadata(), "recipe_version": 1.0}) == ()
    (reason,) = Key().reasons_against({**Key().to_metadata(), "recipe_version": 2.0})
    assert reason.startswith("recipe version: 2")


def test_a_field_that_toml_cannot_keep_is_refused() -> None:
    @dataclass(frozen=True)
    class Wrong(LayerKey):
        """A key that cannot be compared after the way through a file."""

        value: float = 1.5

    with pytest.raises(TypeError, match=r"Wrong\.value"):
        Wrong().to_metadata()


@dataclass(frozen=True)
class Made(LayerKey):
    """A key that keeps what came out."""

    python: str = "3.12.1"
    found: tuple[str, ...] = outcome()


@pytest.mark.parametrize("restored", [["a"], [], ["b", "c"], "text", [1.0], 1.0, {}])
def test_what_came_out_is_no_reason_whatever_it_is(restored: object) -> None:
    """It follows from the inputs, and what is kept of it is a convenience."""
    assert Made(found=("a",)).reasons_against({"python": "3.12.1", "found": restored}) == ()
    assert Made().reasons_against({"python": "3.13.0", "found": restored}) != ()


def test_without_what_came_out_a_layer_is_still_that_of_its_inputs() -> None:
    assert Made().reasons_against({"python": "3.12.1"}) == ()
    assert Made().reasons_against({"found": ["a"]}) == (OTHER_VERSION,)
    assert Made().reasons_against({"python": "3.12.1", "found": ["a"], "more": "1"}) == (OTHER_VERSION,)


@given(st.lists(TEXT, max_size=3).map(tuple))
def test_what_came_out_is_kept_and_comes_back(found: tuple[str, ...]) -> None:
    """Also if the inputs have changed: then it says what was there before."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "x.toml")
        toml.write(path, Made(found=found).to_metadata())
        assert Made("3.13.0").with_outcomes_of(toml.load(path)) == Made("3.13.0", found)


@pytest.mark.parametrize(
    "metadata", [{}, {"found": "a"}, {"found": ["a", 1.0]}, {"found": 1.0}, {"other": ["a"]}]
)
def test_nothing_came_out_as_far_as_strange_metadata_tell(metadata: dict[str, object]) -> None:
    assert Made(found=("of old",)).with_outcomes_of(metadata) == Made()
