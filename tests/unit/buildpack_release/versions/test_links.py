from __future__ import annotations

import pytest

from buildpack_release.model.settings import Versioning
from buildpack_release.versions.links import Forge, compare_links, tag_name
from buildpack_release.versions.number import Version

OLD, NEW = Version(1, 0, 0), Version(1, 1, 0)


def test_tags() -> None:
    """One for all, or one for each buildpack."""
    assert tag_name(Versioning.FIXED, "acme/a", NEW) == "v1.1.0"
    assert tag_name(Versioning.INDEPENDENT, "acme/a", NEW) == "acme/a@1.1.0"


@pytest.mark.parametrize(
    ("url", "compare", "release"),
    [
        ("https://github.com/a/b", "/compare/v1.0.0...v1.1.0", "/releases/tag/v1.0.0"),
        ("https://codeberg.org/a/b", "/compare/v1.0.0...v1.1.0", "/releases/tag/v1.0.0"),
        ("https://gitlab.example.org/g/a/b", "/-/compare/v1.0.0...v1.1.0", "/-/releases/v1.0.0"),
    ],
)
def test_addresses(url: str, compare: str, release: str) -> None:
    """On the forges whose paths are known; a first release has nothing to be compared with."""
    assert compare_links(Forge(url), Versioning.FIXED, "a", OLD, NEW).release == url + compare
    assert compare_links(Forge(url), Versioning.FIXED, "a", None, OLD).release == url + release


def test_what_is_unreleased_is_compared_with_the_newest_tag() -> None:
    """It follows the branch."""
    links = compare_links(Forge("https://e.org/b"), Versioning.INDEPENDENT, "acme/a", OLD, NEW)
    assert links.unreleased == "https://e.org/b/compare/acme/a@1.1.0...HEAD"
