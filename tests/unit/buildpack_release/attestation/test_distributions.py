from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.attestation.distributions import (
    CarriedPython,
    Distribution,
    Licence,
    carried_pythons,
    licence_of,
)
from buildpack_release.model.targets import Target
from buildpack_release.packaging.cargo import CarriedRuntime

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: other\n", Licence("MIT OR Apache-2.0")),
        ("License: MPL-2.0\n", Licence(name="MPL-2.0")),
        (
            "License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n",
            Licence(name="MIT License"),
        ),
        ("License: All of\n  the text\n", Licence()),
        ("Classifier: Topic :: Internet\n", Licence()),
        ("", Licence()),
    ],
)
def test_licences_as_the_metadata_tell(metadata: str, licence: Licence) -> None:
    """The expression counts most; a whole text in the field is no name."""
    assert licence_of(f"Metadata-Version: 2.4\nName: x\n{metadata}\nLicense: in the description\n") == licence


def test_package_urls_have_normalised_names() -> None:
    assert Distribution("Some_Odd.Name", "1.0", "", Licence(), ()).purl == "pkg:pypi/some-odd-name@1.0"


def test_an_interpreters_version_is_in_the_name_of_its_archive(tmp_path: Path) -> None:
    known, unknown = (
        tmp_path / "cpython-3.13.0+20241016-x86_64-install_only.tar.gz",
        tmp_path / "python.tar.gz",
    )
    for path in (known, unknown):
        path.write_bytes(b"x")
    found = carried_pythons({Target("linux", "amd64"): known, Target("linux", "arm64"): unknown}, {})
    assert [(one.version, one.target) for one in found] == [("3.13.0", "linux/amd64"), ("", "linux/arm64")]


def test_archives_for_apps_are_described_as_such() -> None:
    """An offline package may carry the very Python that it runs with."""
    found = carried_pythons({}, {Target("linux", "amd64"): (CarriedRuntime("3.13.0", "ab" * 32),)})
    assert found == (CarriedPython("runtime", "3.13.0", "linux/amd64", "ab" * 32),)
