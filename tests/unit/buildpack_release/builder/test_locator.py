from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.builder.locator import (
    ArchiveLocator,
    FolderLocator,
    LayoutLocator,
    SiblingLocator,
    base_locator,
    buildpack_locator,
    local_file,
)
from buildpack_release.errors import UsageError
from oci_registry.reference import Reference
from support.sample_repository import write

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "sha256:" + "0" * 64


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write(tmp_path / "x.cnb")
    write(tmp_path / "a layout/oci-layout")
    write(tmp_path / "folder/buildpack.toml")
    write(tmp_path / "acme/python/buildpack.toml")
    write(tmp_path / "nothing/here")
    return tmp_path


def test_what_exists_is_a_file_or_folder(directory: Path) -> None:
    """As for pack, an existing path wins over everything that its text might be."""

    def found(text: str) -> object:
        return buildpack_locator(text, directory=directory, siblings=["acme/python"])

    assert found("x.cnb") == ArchiveLocator(directory / "x.cnb")
    assert found((directory / "x.cnb").as_uri()) == ArchiveLocator(directory / "x.cnb")
    assert found("a layout") == LayoutLocator(directory / "a layout")
    assert found((directory / "a layout").as_uri()) == LayoutLocator(directory / "a layout")
    assert found("oci:a layout") == LayoutLocator(directory / "a layout")
    assert found("folder") == FolderLocator(directory / "folder")
    assert found("acme/python") == FolderLocator(directory / "acme/python")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("strata/python", SiblingLocator("strata/python", "")),
        ("strata/python@1.2.3", SiblingLocator("strata/python", "1.2.3")),
        ("org.strata/python@1.2.3", SiblingLocator("org.strata/python", "1.2.3")),
        ("registry.example.com/acme/x", Reference("registry.example.com", "acme/x")),
        ("registry.example.com/acme/x:1", Reference("registry.example.com", "acme/x", "1")),
        (f"localhost:5000/x@{DIGEST}", Reference("localhost:5000", "x", None, DIGEST)),
        ("docker://127.0.0.1:5000/acme/x:1", Reference("127.0.0.1:5000", "acme/x", "1")),
    ],
)
def test_what_does_not_exist_is_a_sibling_or_a_reference(
    directory: Path, text: str, expected: object
) -> None:
    siblings = ["strata/python", "org.strata/python"]
    assert buildpack_locator(text, directory=directory, siblings=siblings) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("missing.cnb", "no such file"),
        ("./missing", "no such file"),
        ("file:///missing", "no such file"),
        ("oci:folder", "no OCI layout"),
        ("oci:missing", "no such folder"),
        ("nothing", "neither an OCI layout nor a buildpack"),
        ("https://example.org/x.cnb", "would be downloaded"),
        ("urn:cnb:registry:acme/x@1.0.0", "cannot be looked up"),
        ("acme/x:1", "names no registry"),
    ],
)
def test_nothing_is_guessed_or_downloaded(directory: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        buildpack_locator(text, directory=directory, siblings=[])
    assert message in str(caught.value)


def test_a_base_is_a_layout_or_a_reference(directory: Path) -> None:
    assert base_locator("oci:a layout", directory=directory) == LayoutLocator(directory / "a layout")
    assert base_locator("h:1/base", directory=directory) == Reference("h:1", "base")
    for text, message in [("./a layout", "write oci:"), ("ubuntu", "names no registry")]:
        with pytest.raises(UsageError, match=message):
            base_locator(text, directory=directory)


def test_the_lifecycle_is_a_file(directory: Path) -> None:
    assert local_file("x.cnb", directory=directory) == directory / "x.cnb"
    for text, message in [
        ("no.tgz", "no such file"),
        ("folder", "not a file"),
        ("https://example.org/l.tgz", "would be downloaded"),
    ]:
        with pytest.raises(UsageError, match=message):
            local_file(text, directory=directory)
