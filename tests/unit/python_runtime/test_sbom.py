"""The documents name what is in the layer. How they are written is `buildpack_common.sbom_documents`."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from buildpack_common.sbom_documents import cyclonedx, spdx
from python_runtime import libraries
from python_runtime.sbom import bom_of
from support.sbom_schemas import assert_valid_sbom

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue
    from buildpack_common.sbom_documents import Bom

LIBRARIES = [
    *("berkeley-db", "bzip2", "expat", "gdbm", "mpdecimal", "ncurses", "openssl", "readline", "sqlite"),
    *("tcl", "tk", "xz", "zlib", "zlib-ng", "zstd"),
]
SILENT = ["libedit", "libffi", "libtcl9thread", "libuuid", "libx11", "libxau", "libxcb"]
WHEEL = b"not really a wheel"


@pytest.fixture
def runtime(catalogue: RuntimesCatalogue) -> Runtime:
    return next(runtime for runtime in catalogue.runtimes if runtime.version == "3.14.2")


@pytest.fixture
def bom(runtime: Runtime, tmp_path: Path) -> Bom:
    bundled = tmp_path / "cpython" / "lib" / "python3.14" / "ensurepip" / "_bundled"
    bundled.mkdir(parents=True)
    versions = {name: ["1.2.3"] for name in LIBRARIES} | {name: [] for name in SILENT}
    (tmp_path / libraries.FILE).write_text(json.dumps(versions))
    (bundled / "pip-26.1.2-py3-none-any.whl").write_bytes(WHEEL)
    return bom_of(runtime, tmp_path, "https://first.example/releases")


def test_cyclonedx_names_the_interpreter_its_libraries_and_the_wheel_of_ensurepip(
    bom: Bom, runtime: Runtime
) -> None:
    document = assert_valid_sbom(cyclonedx(bom))

    python, *bundled, pip = document["components"]
    assert [one["name"] for one in bundled] == sorted([*LIBRARIES, *SILENT])
    assert [one["name"] for one in bundled if "version" not in one] == SILENT
    assert {one["version"] for one in bundled if "version" in one} == {"1.2.3"}
    openssl = next(one for one in bundled if one["name"] == "openssl")
    assert openssl["cpe"] == "cpe:2.3:a:openssl:openssl:1.2.3:*:*:*:*:*:*:*"
    depends = next(one for one in document["dependencies"] if one["ref"] == python["bom-ref"])
    assert depends["dependsOn"] == sorted(one["purl"] for one in bundled)
    assert python["purl"] == python["bom-ref"] == "pkg:generic/python@3.14.2"
    assert python["cpe"] == "cpe:2.3:a:python:python:3.14.2:*:*:*:*:*:*:*"
    assert python["licenses"] == [{"license": {"id": "PSF-2.0"}}]
    assert python["hashes"] == [{"alg": "SHA-256", "content": runtime.sha256}]
    assert python["externalReferences"][0]["url"].startswith(
        "https://first.example/releases/20250101/cpython-3.14.2"
    )
    assert pip["purl"] == "pkg:pypi/pip@26.1.2"
    assert pip["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(WHEEL).hexdigest()}]


def test_spdx_describes_the_same(bom: Bom, runtime: Runtime) -> None:
    document = assert_valid_sbom(spdx(bom, {}))

    assert [package["name"] for package in document["packages"]] == [
        *("python-3.14.2", "python"),
        *sorted([*LIBRARIES, *SILENT]),
        "pip",
    ]
    silent = [package["name"] for package in document["packages"][1:] if "versionInfo" not in package]
    assert silent == SILENT
    assert document["packages"][1]["checksums"] == [{"algorithm": "SHA256", "checksumValue": runtime.sha256}]
    assert document["creationInfo"]["creators"] == ["Tool: strata/python-runtime"]


def test_without_a_base_no_place_is_claimed(runtime: Runtime, tmp_path: Path) -> None:
    bom = bom_of(runtime, tmp_path, "")

    document = assert_valid_sbom(spdx(bom, {}))
    assert {package["downloadLocation"] for package in document["packages"]} == {"NOASSERTION"}
    assert "externalReferences" not in json.dumps(cyclonedx(bom))


def test_another_archive_is_another_document(bom: Bom, catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    other = bom_of(catalogue.runtimes[0], tmp_path / "none", "")

    assert cyclonedx(bom)["serialNumber"] != cyclonedx(other)["serialNumber"]
