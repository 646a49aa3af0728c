"""What is written as YAML is what a YAML parser reads, whatever the texts."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from buildpack_release.kpack.yaml_text import yaml_document, yaml_stream

TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        "yes",
        "No",
        "null",
        "~",
        "1.0",
        "0x1f",
        "1e3",
        ".inf",
        "2020-01-01",
        "a: b",
        "- a",
        "# a",
        "a/b-c",
        "a-",
        "*",
    ]
)
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=15,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
@example({"a": "\U0001f600\x85\u2028\ufeff\x00\x7f"})
@example({"y": ["n", {"on": ["off"]}], "e": [[], {}, [[1]]]})
@example({"date": "2020-01-01", "version": "1.0.0", "merge": "<<", "<<": "="})
@pytest.mark.hypothesis
def test_what_is_written_is_read_back(document: dict[str, object]) -> None:
    """By a parser of YAML 1.1, which takes more words for something else than one of 1.2."""
    assert yaml.safe_load(yaml_document(document, comment="says\n\nsomething")) == document


def test_a_stream_has_all_documents_and_their_comments() -> None:
    """People read them."""
    text = yaml_stream([yaml_document({"a": name}, comment=f"about {name}") for name in ("x/y", "z")])
    assert list(yaml.safe_load_all(text)) == [{"a": "x/y"}, {"a": "z"}]
    assert text == '# about x/y\na: x/y\n---\n# about z\na: "z"\n'


@pytest.mark.parametrize("value", [None, 1.5, b"x", {"a": None}])
def test_what_is_no_plain_data_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        yaml_document({"a": value})
