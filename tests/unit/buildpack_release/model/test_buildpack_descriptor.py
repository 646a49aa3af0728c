from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.errors import CheckFailed
from buildpack_release.model.buildpack_descriptor import (
    BuildpackDescriptor,
    License,
    OrderEntry,
    id_fault,
    read_descriptor,
    version_fault,
)
from buildpack_release.model.targets import DeclaredTarget
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from buildpack_release.model.finding import Finding

COMPONENT = """\
api = "0.10"
[buildpack]
id = "acme/py"
name = "Python"
version = "1.2.3"
homepage = "https://example.org"
clear-env = true
description = "d"
keywords = ["k"]
sbom-formats = ["application/spdx+json"]
[[buildpack.licenses]]
type = "MIT"
[[targets]]
os = "linux"
arch = "amd64"
[metadata]
anything = 1
"""
COMPOSITE = """\
api = "0.10"
[buildpack]
id = "acme/all"
version = "1.2.3"
[[order]]
[[order.group]]
id = "acme/py"
version = "1.2.3"
[[order.group]]
id = "acme/x"
version = "1.0.0"
optional = true
"""


def read(text: str) -> tuple[BuildpackDescriptor, tuple[Finding, ...]]:
    return read_descriptor(TomlSource.parse(text, Path("buildpack.toml")))


def test_reads_a_component() -> None:
    """Every field of the specification arrives."""
    descriptor, findings = read(COMPONENT)
    assert findings == ()
    assert (descriptor.id, descriptor.version, descriptor.api, descriptor.name) == (
        "acme/py",
        "1.2.3",
        "0.10",
        "Python",
    )
    assert (descriptor.homepage, descriptor.description) == ("https://example.org", "d")
    assert (descriptor.clear_env, descriptor.keywords) == (True, ("k",))
    assert descriptor.licenses == (License("MIT", ""),)
    assert descriptor.sbom_formats == ("application/spdx+json",)
    assert descriptor.targets == (DeclaredTarget("linux", "amd64"),)
    assert descriptor.metadata == {"anything": 1}
    assert (descriptor.order, descriptor.is_composite, descriptor.escaped_id) == ((), False, "acme_py")


def test_reads_a_composite() -> None:
    """An order makes a composite, which has no targets of its own."""
    descriptor, findings = read(COMPOSITE)
    assert findings == ()
    assert descriptor.is_composite
    assert descriptor.order == (
        (OrderEntry("acme/py", "1.2.3"), OrderEntry("acme/x", "1.0.0", optional=True)),
    )


FAULTS = [
    ("", "missing-key", None),
    ("api = 1\n", "type", 1),
    (COMPONENT.replace('"0.10"', '"0.9"'), "api", 1),
    (COMPONENT.replace('"0.10"', '"10"'), "api", 1),
    (COMPONENT.replace('api = "0.10"\n', ""), "missing-key", None),
    (COMPONENT.replace("acme/py", "acme py"), "id", 3),
    (COMPONENT.replace("acme/py", "acme_py"), "id", 3),
    (COMPONENT.replace("acme/py", "App"), "id", 3),
    (COMPONENT.replace("acme/py", "../py"), "id", 3),
    (COMPONENT.replace("acme/py", "acme//py"), "id", 3),
    (COMPONENT.replace("acme/py", ""), "empty", 3),
    (COMPONENT.replace('id = "acme/py"\n', ""), "missing-key", 2),
    (COMPONENT.replace("1.2.3", "1.2"), "version", 5),
    (COMPONENT.replace("1.2.3", "1.02.3"), "version", 5),
    (COMPONENT.replace("1.2.3", "1.2.3-rc1"), "version", 5),
    (COMPONENT.replace("1.2.3", "1.2.3\\n"), "version", 5),
    (COMPONENT.replace("clear-env", "clear_env"), "unknown-key", 7),
    (COMPONENT.replace("[[targets]]", "[[target]]"), "unknown-key", 13),
    (COMPONENT.replace("application/spdx+json", "application/spdx"), "sbom-format", 10),
    (COMPONENT.replace('type = "MIT"', ""), "license", 11),
    (COMPONENT.replace('type = "MIT"', 'Type = "MIT"'), "unknown-key", 12),
    (COMPONENT.replace("clear-env = true", 'exec-env = ["test"]'), "exec-env", 7),
    (COMPONENT.replace('"0.10"', '"0.12"').replace("clear-env = true", 'exec-env = ["all"]'), "exec-env", 7),
    # The lifecycle takes both for the same key, and the last one counts.
    (COMPONENT.replace("clear-env = true", 'Id = "acme/other"'), "unknown-key", 7),
    (COMPONENT + '[[stacks]]\nid = "*"\n', "stacks", 18),
    (COMPONENT.split("[[targets]]", maxsplit=1)[0], "kind", None),
    (COMPOSITE + '[[targets]]\nos = "linux"\n', "kind", 13),
    (COMPOSITE.split("[[order]]", maxsplit=1)[0] + "order = []\n", "unknown-key", 5),
    ("order = []\n" + COMPOSITE.split("[[order]]", maxsplit=1)[0], "kind", 1),
    (COMPOSITE + "[[order]]\n", "empty-group", 13),
    (COMPOSITE.replace("acme/x", "acme/py"), "duplicate-entry", 9),
    (COMPOSITE.replace('version = "1.0.0"\n', ""), "missing-key", 9),
    (COMPOSITE.replace("1.0.0", "1.0"), "version", 11),
    (COMPOSITE.replace("acme/x", "acme x"), "id", 10),
    (COMPOSITE.replace("optional", "optinal"), "unknown-key", 12),
    (COMPOSITE.replace("optional = true", 'optional = "yes"'), "type", 12),
]


@pytest.mark.parametrize(("text", "code", "line"), FAULTS)
def test_faults_are_found_at_their_line(text: str, code: str, line: int | None) -> None:
    """What the lifecycle ignores or trips over later is an error here, at the line it is about."""
    _, findings = read(text)
    assert (code, line) in [(finding.code, finding.line) for finding in findings if finding.is_error]


def test_all_faults_are_found_at_once() -> None:
    """One run of the check shows everything."""
    _, findings = read(COMPONENT.replace("1.2.3", "x").replace("0.10", "9").replace("amd64", "x64"))
    assert {finding.code for finding in findings} == {"version", "api", "target"}


def test_reading_a_file_raises_the_first_fault(tmp_path: Path) -> None:
    """Whoever needs a sound descriptor gets one or an error."""
    path = tmp_path / "buildpack.toml"
    path.write_text(COMPONENT)
    assert BuildpackDescriptor.read(path).id == "acme/py"
    path.write_text(COMPONENT.replace("1.2.3", "x"))
    with pytest.raises(CheckFailed, match=r"X\.Y\.Z") as caught:
        BuildpackDescriptor.read(path)
    assert (caught.value.file, caught.value.line) == (path, 5)


@given(st.tuples(*[st.integers(0, 10**6)] * 3))
def test_every_version_of_three_numbers_is_good(numbers: tuple[int, ...]) -> None:
    """Non-negative integers without leading zeros."""
    assert version_fault(".".join(map(str, numbers))) == ""


@given(st.text(max_size=12))
def test_a_good_id_is_a_safe_file_name(text: str) -> None:
    """Whatever passes as an id cannot lead out of a directory once escaped."""
    if not id_fault(text):
        escaped = text.replace("/", "_")
        assert escaped.isascii()
        assert "/" not in escaped
        assert escaped not in {"", ".", ".."}
