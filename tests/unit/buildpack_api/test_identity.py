from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import PlatformError
from buildpack_api.identity import BuildpackIdentity

if TYPE_CHECKING:
    from pathlib import Path


def test_the_fields_a_running_buildpack_uses(tmp_path: Path) -> None:
    path = tmp_path / "buildpack.toml"
    path.write_text(
        'api = "0.10"\n[buildpack]\nid = "acme/x"\nversion = "1.0.0"\nname = "X"\n'
        'homepage = "https://example.org"\nsbom-formats = ["application/spdx+json"]\n'
    )
    assert BuildpackIdentity.from_file(path) == BuildpackIdentity(
        "acme/x", "1.0.0", "0.10", "X", "https://example.org", ("application/spdx+json",)
    )


def test_without_a_name_the_id_serves(tmp_path: Path) -> None:
    path = tmp_path / "buildpack.toml"
    path.write_text('api = "0.10"\n[buildpack]\nid = "acme/x"\nversion = "1.0.0"\n')
    assert BuildpackIdentity.from_file(path).name == "acme/x"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "[buildpack]"),
        ("buildpack = 1", "[buildpack]"),
        ('api = "0.10"\n[buildpack]\nversion = "1.0.0"', "'id'"),
        ('api = "0.10"\n[buildpack]\nid = "x"\nversion = 1', "'version'"),
        ('[buildpack]\nid = "x"\nversion = "1.0.0"', "'api'"),
    ],
)
def test_what_is_missing_is_named_with_the_file(tmp_path: Path, text: str, missing: str) -> None:
    path = tmp_path / "buildpack.toml"
    path.write_text(text)
    with pytest.raises(PlatformError) as caught:
        BuildpackIdentity.from_file(path)
    assert missing in caught.value.title
    assert str(path) in caught.value.title
