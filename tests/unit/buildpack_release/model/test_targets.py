from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import UsageError
from buildpack_release.model.table import Table
from buildpack_release.model.targets import DeclaredTarget, Distro, read_targets
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from buildpack_release.model.finding import Finding


def read(text: str) -> tuple[tuple[DeclaredTarget, ...], list[Finding]]:
    findings: list[Finding] = []
    return read_targets(Table.root(TomlSource.parse(text, Path("x.toml")), findings)), findings


@pytest.mark.parametrize("text", ["linux/amd64", "linux/arm64", "linux/arm/v7"])
def test_an_option_reads_as_it_is_written(text: str) -> None:
    """`--target` and the tables show the same words."""
    assert str(DeclaredTarget.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "linux", "linux/", "/amd64", "linux/arm/", "linux/arm/v7/x", "linux/x86_64"]
)
def test_refuses_what_is_no_target(text: str) -> None:
    """A slip in an option gets one clear error, and the name images use where it is known."""
    with pytest.raises(UsageError) as caught:
        DeclaredTarget.parse(text)
    if "x86" in text:
        assert "amd64" in caught.value.advice


def test_reads_targets_with_distributions() -> None:
    """All fields are optional: an empty one stands for any."""
    targets, findings = read(
        '[[targets]]\nos = "linux"\narch = "arm64"\n'
        '[[targets.distros]]\nname = "ubuntu"\nversion = "24.04"\n[[targets]]\n'
    )
    assert targets == (
        DeclaredTarget("linux", "arm64", "", (Distro("ubuntu", "24.04"),)),
        DeclaredTarget("", ""),
    )
    assert [str(target) for target in targets] == ["linux/arm64", "any/any"]
    assert findings == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[[targets]]\nos = "Linux"\n', 2, "linux"),
        ('[[targets]]\nos = "linux"\narch = "aarch64"\n', 3, "arm64"),
        ('[[targets]]\n\nvariant = "v8"\n', 3, "ignores"),
        ('[[targets]]\narhc = "amd64"\n', 2, "arch"),
        ('[[targets]]\n[[targets.distros]]\nversoin = "1"\n', 3, "version"),
    ],
)
def test_faults(text: str, line: int, said: str) -> None:
    """A name that no image has would silently match nothing."""
    _, (finding,) = read(text)
    assert finding.line == line
    assert said in str(finding)
