from __future__ import annotations

import pytest

from buildpack_common.licences import Licence
from buildpack_release.attestation.distributions import (
    CarriedPython,
    VendoredDistribution,
    carried_pythons,
    read_licence,
)
from buildpack_release.dist.embedded import EmbeddedRuntime
from buildpack_release.model.targets import DeclaredTarget


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: other\n", Licence("MIT OR Apache-2.0")),
        ("License: MPL-2.0\n", Licence("MPL-2.0")),
        (
            "License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n",
            Licence("MIT"),
        ),
        ("License: All of\n  the text\n", Licence(words="All of")),
        ("Classifier: Topic :: Internet\n", Licence()),
        ("", Licence()),
    ],
)
def test_licences_as_the_metadata_tell(metadata: str, licence: Licence) -> None:
    """From the header alone, and as a buildpack says it of what it installs (`buildpack_common.licences`)."""
    assert (
        read_licence(f"Metadata-Version: 2.4\nName: x\n{metadata}\nLicense: in the description\n") == licence
    )


def test_package_urls_have_normalised_names() -> None:
    assert (
        VendoredDistribution("Some_Odd.Name", "1.0", "", Licence(), ()).purl == "pkg:pypi/some-odd-name@1.0"
    )


def test_interpreters_are_described_by_version_and_digest() -> None:
    """A version that cannot be told is left out, not guessed from the name of the file."""
    amd, arm = DeclaredTarget("linux", "amd64"), DeclaredTarget("linux", "arm64")
    found = carried_pythons({amd: "sha256:ab", arm: "sha256:cd"}, {amd: "3.13.0"}, {})
    assert found == (
        CarriedPython("interpreter", "3.13.0", "linux/amd64", "ab"),
        CarriedPython("interpreter", "", "linux/arm64", "cd"),
    )


def test_archives_for_apps_are_described_as_such() -> None:
    """An offline package may carry the very Python that it runs with."""
    found = carried_pythons(
        {}, {}, {DeclaredTarget("linux", "amd64"): (EmbeddedRuntime("3.13.0", "ab" * 32),)}
    )
    assert found == (CarriedPython("runtime", "3.13.0", "linux/amd64", "ab" * 32),)
