"""build-details.json names what is in the layer and nothing else (PEP 739)."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

from python_runtime.build_details import adapt

if TYPE_CHECKING:
    from pathlib import Path

# As in python-build-standalone's archives of 3.14, in parts.
DETAILS = {
    "schema_version": "1.0",
    "base_prefix": "../..",
    "base_interpreter": "./bin/python3.14",
    "platform": "",
    "language": {"version": "3.14"},
    "libpython": {
        "dynamic": "./lib/libpython3.14.so",
        "dynamic_stableabi": "./lib/libpython3.so",
        "link_extensions": False,
        "static": "./lib/libpython3.14.a",
    },
    "c_api": {"headers": "./include/python3.14", "pkgconfig_path": "./lib/pkgconfig"},
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("lib/python3.14", "lib/pkgconfig", "include/python3.14"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "lib/python3.14/build-details.json").write_text(json.dumps(DETAILS))
    return tmp_path


def adapted(tree: Path, arch: str = "amd64") -> dict[str, Any]:
    adapt(tree, "3.14", arch)
    found: dict[str, Any] = json.loads((tree / "lib/python3.14/build-details.json").read_text())
    return found


@pytest.mark.parametrize(("arch", "platform"), [("amd64", "linux-x86_64"), ("arm64", "linux-aarch64")])
def test_without_libpython_there_is_no_section_of_it(tree: Path, arch: str, platform: str) -> None:
    expected = {**DETAILS, "platform": platform}
    del expected["libpython"]

    assert adapted(tree, arch) == expected


def test_what_is_kept_stays_named(tree: Path) -> None:
    (tree / "lib/libpython3.14.so.1.0").touch()
    (tree / "lib/libpython3.14.so").symlink_to("libpython3.14.so.1.0")
    (tree / "lib/libpython3.so").touch()

    assert adapted(tree)["libpython"] == {
        "dynamic": "./lib/libpython3.14.so",
        "dynamic_stableabi": "./lib/libpython3.so",
        "link_extensions": False,
    }


def test_a_static_library_is_named_where_it_is(tree: Path) -> None:
    (tree / "lib/python3.14/config-3.14-x86_64-linux-gnu").mkdir()
    (tree / "lib/python3.14/config-3.14-x86_64-linux-gnu/libpython3.14.a").touch()

    assert adapted(tree)["libpython"] == {
        "static": "lib/python3.14/config-3.14-x86_64-linux-gnu/libpython3.14.a"
    }


def test_the_stable_abi_alone_is_not_named(tree: Path) -> None:
    """The specification: with it, ``dynamic`` must be there."""
    (tree / "lib/libpython3.so").touch()

    assert "libpython" not in adapted(tree)


def test_headers_and_descriptions_that_are_not_there_are_not_named(tree: Path) -> None:
    (tree / "lib/pkgconfig").rmdir()
    assert adapted(tree)["c_api"] == {"headers": "./include/python3.14"}

    (tree / "include/python3.14").rmdir()
    assert "c_api" not in adapted(tree)


def test_absolute_paths_are_looked_up_as_well(tree: Path) -> None:
    (tree / "lib/libpython3.14.so").touch()
    libpython = {"dynamic": f"{tree}/lib/libpython3.14.so", "static": "/install/lib/libpython3.14.a"}
    details = {**DETAILS, "base_prefix": str(tree), "platform": "linux-own", "libpython": libpython}
    (tree / "lib/python3.14/build-details.json").write_text(json.dumps(details))

    found = adapted(tree)

    assert found["libpython"] == {"dynamic": f"{tree}/lib/libpython3.14.so"}
    assert found["platform"] == "linux-own"


@pytest.mark.parametrize("content", ["", "[]", "{}", "{", '{"base_prefix": 1}'])
def test_what_is_not_understood_is_left_alone(tree: Path, content: str) -> None:
    file = tree / "lib/python3.14/build-details.json"
    file.write_text(content)

    adapt(tree, "3.14", "amd64")

    assert file.read_text() == content


def test_older_versions_have_none(tree: Path) -> None:
    (tree / "lib/python3.14/build-details.json").unlink()

    adapt(tree, "3.14", "amd64")

    assert list((tree / "lib/python3.14").iterdir()) == []


def test_it_is_the_same_twice_and_keeps_its_mode(tree: Path) -> None:
    file = tree / "lib/python3.14/build-details.json"
    file.chmod(0o640)
    adapted(tree)
    once = file.read_bytes()
    adapted(tree)

    assert file.read_bytes() == once
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
