"""The runtime is asked for the libraries in it; what it does not tell is not claimed."""

from __future__ import annotations

import json
import os
import pyexpat
import sqlite3
import ssl
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from python_runtime import libraries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buildpack_api.sbom_documents import Component

HOSTILE = {"PATH": os.defpath, "PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"}


def named(found: Iterable[Component]) -> dict[str, str]:
    return {one.name: one.version for one in found}


def test_a_real_interpreter_tells_its_versions(tmp_path: Path) -> None:
    libraries.record(Path(sys.executable), tmp_path, HOSTILE)

    found = named(libraries.components(tmp_path))
    assert found["openssl"] == ssl.OPENSSL_VERSION.split()[1]
    assert found["sqlite"] == sqlite3.sqlite_version
    assert found["expat"] == pyexpat.EXPAT_VERSION.removeprefix("expat_")
    assert found.get("zlib", found.get("zlib-ng")) == zlib.ZLIB_RUNTIME_VERSION
    assert list(json.loads((tmp_path / libraries.FILE).read_text())) == sorted(found)


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (
            "echo openssl OpenSSL 3.5.4 30 Sep 2025; echo sqlite 3.50.4",
            {"openssl": "3.5.4", "sqlite": "3.50.4"},
        ),
        ("echo expat expat_2.7.3; echo something 1.0; echo zlib unknown; echo", {"expat": "2.7.3"}),
        ("echo sqlite 3.50.4; exit 139", {}),
    ],
)
def test_only_what_is_known_and_understood_is_kept(
    script: str, found: dict[str, str], tmp_path: Path
) -> None:
    program = tmp_path / "python3"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)

    libraries.record(program, tmp_path, {"PATH": os.defpath})

    assert named(libraries.components(tmp_path)) == found


def test_a_layer_that_was_made_on_another_machine_claims_nothing(tmp_path: Path) -> None:
    assert libraries.components(tmp_path) == ()
