"""Names of distributions are read as everybody reads them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import InvalidName, canonicalize_name

from buildpack_common.names import is_name, normalise, pypi_purl


@given(st.text("abzAZ019._-", min_size=1))
def test_names_are_compared_in_the_form_of_packaging(name: str) -> None:
    """A running buildpack need not have `packaging`; both must agree."""
    assert normalise(name) == canonicalize_name(name)


@given(st.text("abzAZ019._- /", max_size=6))
def test_a_name_is_what_packaging_takes_for_one(name: str) -> None:
    try:
        canonicalize_name(name, validate=True)
    except InvalidName:
        assert not is_name(name)
    else:
        assert is_name(name)


def test_package_urls() -> None:
    assert pypi_purl("Some_Odd.Name", "1.0+local") == "pkg:pypi/some-odd-name@1.0%2Blocal"
