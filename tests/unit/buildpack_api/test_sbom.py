from __future__ import annotations

import json
from typing import TYPE_CHECKING

from buildpack_api.sbom import SbomFormat, sbom_paths, write_sbom

if TYPE_CHECKING:
    from pathlib import Path


def test_files_are_named_as_the_specification_says(tmp_path: Path) -> None:
    assert [path.name for path in sbom_paths(tmp_path, "x")] == [
        "x.sbom.cdx.json",
        "x.sbom.spdx.json",
        "x.sbom.syft.json",
    ]


def test_the_image_itself_can_have_one(tmp_path: Path) -> None:
    write_sbom(tmp_path, "launch", SbomFormat.SYFT, {"a": 1}, None)
    assert json.loads((tmp_path / "launch.sbom.syft.json").read_text()) == {"a": 1}


def test_equal_documents_give_equal_bytes(tmp_path: Path) -> None:
    texts = []
    for document in ({"a": 1, "b": 2}, {"b": 2, "a": 1}):
        write_sbom(tmp_path, "x", SbomFormat.CYCLONEDX, document, None)
        texts.append((tmp_path / "x.sbom.cdx.json").read_bytes())
    assert texts[0] == texts[1]
