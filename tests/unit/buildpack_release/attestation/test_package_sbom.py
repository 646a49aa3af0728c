from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from buildpack_common.licences import Licence
from buildpack_release.attestation.distributions import (
    CarriedPython,
    PackagedFile,
    VendoredDistribution,
)
from buildpack_release.attestation.package_sbom import Part, read_part, write_sbom
from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor
from support.sample_repository import TARGETS, head, write
from support.sbom_schemas import assert_valid_sbom

if TYPE_CHECKING:
    from pathlib import Path

SUM = "ab" * 32
LIBRARY = VendoredDistribution("library", "1.0", SUM, Licence("MIT"), (PackagedFile("lib/library.py", SUM),))
OLD = VendoredDistribution("old", "0.1", SUM, Licence(words="A licence of its own"), ())
PYTHONS = (
    CarriedPython("interpreter", "3.13.0", "linux/amd64", SUM),
    CarriedPython("interpreter", "3.13.0", "linux/arm64", SUM),
    CarriedPython("runtime", "3.13.0", "linux/amd64", SUM),
)
PART = Part("acme/x", "1.0.0", "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", f"sha256:{SUM}")


@pytest.fixture
def descriptor(tmp_path: Path) -> BuildpackDescriptor:
    return BuildpackDescriptor.read(write(tmp_path / "buildpack.toml", head("acme/one") + TARGETS))


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"distributions": (LIBRARY, OLD)},
        {"variant": "self-contained", "pythons": PYTHONS},
        {"parts": (PART,), "source": "https://forge.example/acme/x"},
    ],
)
def test_it_is_valid_and_equal_content_gives_equal_bytes(
    descriptor: BuildpackDescriptor, parts: dict[str, object]
) -> None:
    made = write_sbom(descriptor, **parts)  # type: ignore[arg-type]
    assert_valid_sbom(json.loads(made))
    assert write_sbom(descriptor, **parts) == made  # type: ignore[arg-type]
    assert "timestamp" not in made.decode()


def test_other_content_is_another_document(descriptor: BuildpackDescriptor) -> None:
    """Serial numbers name a document for all time."""
    serials = {
        read_part(write_sbom(descriptor, distributions=found), id="x", version="1").serial
        for found in ((), (LIBRARY,), (OLD,))
    }
    assert len(serials) == 3
