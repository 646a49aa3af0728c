"""A buildpackage must be unpacked as a builder has it, or refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed
from buildpack_testing.packaged import unpack_buildpackage
from oci_registry.content import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path


def _tar(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    return target.getvalue()


def _package(path: Path, layer: bytes) -> Path:
    blobs: dict[str, bytes] = {}

    def add(content: bytes) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}", "size": len(content)}

    manifest = {**add(json.dumps({"layers": [add(layer)]}).encode()), "mediaType": MANIFEST}
    index = json.dumps({"manifests": [manifest]}).encode()
    path.write_bytes(_tar({"oci-layout": b"{}", "index.json": index, **blobs}))
    return path


def test_layers_are_unpacked_one_over_the_other(tmp_path: Path) -> None:
    home = "/cnb/buildpacks/acme_a/1.0.0"
    layer = gzip.compress(_tar({f"{home}/buildpack.toml": b"", f"{home}/bin/build": b"#!/bin/sh\n"}))
    (directory,) = unpack_buildpackage(_package(tmp_path / "a.cnb", layer), tmp_path / "out")
    assert directory == tmp_path / "out" / home.lstrip("/")
    assert (directory / "bin" / "build").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a tar",
        _tar({"x": b""}),
        _tar({"index.json": b"{}"}),
        _tar({"oci-layout": b"{}", "index.json": b"{}"}),
        _tar({"oci-layout": b"{}", "index.json": b'{"manifests": []}'}),
    ],
)
def test_what_is_no_buildpackage_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.cnb").write_bytes(content)
    with pytest.raises(CheckFailed, match=r"a\.cnb.*not a buildpackage"):
        unpack_buildpackage(tmp_path / "a.cnb", tmp_path / "out")


def test_a_name_that_leads_out_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="leads out"):
        unpack_buildpackage(_package(tmp_path / "a.cnb", _tar({"/cnb/../../x": b""})), tmp_path / "out")
    assert not (tmp_path / "x").exists()
