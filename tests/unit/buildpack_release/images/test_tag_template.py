"""Tags that are made after others, and told from them again."""

from __future__ import annotations

import pytest

from buildpack_release.errors import UsageError
from buildpack_release.images.tag_template import TagTemplate


@pytest.mark.parametrize("text", ["{tag", "{nothing}", "a/b", "{tag.x}", "", "-x"])
def test_a_template_of_no_tag_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no tag comes out"):
        TagTemplate(text)


@pytest.mark.parametrize(
    ("text", "tag", "known", "expected"),
    [
        ("{tag}-py{old}", "1-py3.13.0", {"old": "3.13.0"}, "1"),
        ("{tag}-py{old}", "1-py3.13.0-py3.13.0", {"old": "3.13.0"}, "1-py3.13.0"),
        ("{tag}-py{old}", "1-py3.13.1", {"old": "3.13.0"}, None),
        ("{tag}-py{python}", "1.2-py3.13.0", {}, "1.2"),
        ("{tag}-{tag}.{python}", "a-a.3.13.0", {}, "a"),
        ("{tag}-{tag}.{python}", "a-b.3.13.0", {}, None),
        ("before-{python}", "before-3.13.1", {"old": "3.13.0"}, ""),
        ("before-{python}", "1", {"old": "3.13.0"}, None),
    ],
)
def test_the_tag_that_one_was_made_of(
    text: str, tag: str, known: dict[str, str], expected: str | None
) -> None:
    """As far as the template tells."""
    assert TagTemplate(text).made_of(tag, **known) == expected
