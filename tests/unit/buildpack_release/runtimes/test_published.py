"""Reading the two published lists of archives."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.runtimes import published
from buildpack_release.runtimes.published import Published, cross_check, parse_pbs_installer, parse_uv

if TYPE_CHECKING:
    from pathlib import Path

RELEASES = "https://github.com/astral-sh/python-build-standalone/releases/download/"
FILE = "cpython-{v}%2B{tag}-{machine}-unknown-linux-gnu-install_only_stripped.tar.gz"


def uv_entry(
    version: str = "3.13.5", tag: str = "20250702", machine: str = "x86_64", **changes: object
) -> dict[str, Any]:
    major, minor, patch = map(int, version.split("."))
    return {
        "name": "cpython",
        "arch": {"family": machine, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "",
        "url": f"{RELEASES}{tag}/{FILE.format(v=version, tag=tag, machine=machine)}",
        "sha256": "ab" * 32,
        "variant": None,
        "build": tag,
        **changes,
    }


def test_an_entry_becomes_an_archive_with_a_path_below_any_base() -> None:
    assert parse_uv({"x": uv_entry(machine="aarch64")}) == (
        Published(
            (3, 13, 5),
            "arm64",
            "20250702",
            "20250702/cpython-3.13.5%2B20250702-aarch64-unknown-linux-gnu-install_only_stripped.tar.gz",
            "ab" * 32,
        ),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "pypy"},
        {"os": "darwin"},
        {"libc": "musl"},
        {"prerelease": "rc1"},
        {"variant": "freethreaded"},
        {"arch": {"family": "x86_64", "variant": "v3"}},
        {"arch": {"family": "riscv64", "variant": None}},
        {"url": f"{RELEASES}20250702/cpython-3.13.5-full.tar.zst"},
    ],
    ids=str,
)
def test_what_is_not_a_final_stripped_baseline_build_is_passed_over(changes: dict[str, Any]) -> None:
    assert parse_uv({"x": uv_entry(**changes)}) == ()


@pytest.mark.parametrize("sha256", [None, "", "abc"])
def test_an_archive_without_a_checksum_is_refused(sha256: str | None) -> None:
    with pytest.raises(CheckFailed, match="no SHA-256"):
        parse_uv({"x": uv_entry(sha256=sha256)})


def test_archives_that_both_sources_list_are_counted_and_others_do_not_matter() -> None:
    archives = parse_uv({"x": uv_entry(), "y": uv_entry("3.13.6")})
    files = [
        {"url": uv_entry()["url"], "sha256": "ab" * 32},
        {"url": f"{RELEASES}other", "sha256": "cd" * 32},
    ]

    assert cross_check(archives, parse_pbs_installer([{"files": files}])) == 1


def test_a_contradiction_between_the_sources_is_an_error_with_both_sums() -> None:
    second = parse_pbs_installer([{"files": [{"url": uv_entry()["url"], "sha256": "cd" * 32}]}])

    with pytest.raises(CheckFailed, match="disagree") as caught:
        cross_check(parse_uv({"x": uv_entry()}), second)

    assert "ab" * 32 in caught.value.detail
    assert "cd" * 32 in caught.value.detail


def _sdist(folder: Path, *, with_metadata: bool) -> None:
    """Write a source distribution named like uv's, with uv's build backend."""
    files = {
        "PKG-INFO": b"Metadata-Version: 2.1\nName: uv\nVersion: 9.9.9\n",
        "pyproject.toml": b'[build-system]\nrequires = ["maturin"]\nbuild-backend = "maturin"\n',
    }
    if with_metadata:
        files["crates/uv-python/download-metadata.json"] = json.dumps({"x": uv_entry()}).encode()
    with tarfile.open(folder / "uv-9.9.9.tar.gz", "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"uv-9.9.9/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def _wheel(folder: Path) -> None:
    with zipfile.ZipFile(folder / "pbs_installer-9.9-py3-none-any.whl", "w") as wheel:
        wheel.writestr("pbs_installer/versions.json", json.dumps([{"files": []}]))
        wheel.writestr("pbs_installer-9.9.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        wheel.writestr(
            "pbs_installer-9.9.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: pbs-installer\nVersion: 9.9\n",
        )


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all pip may look at."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_pip_fetches_both_packages_without_a_rust_toolchain(index: Path) -> None:
    _sdist(index, with_metadata=True)
    _wheel(index)

    uv, pbs_installer = published.fetch()

    assert uv == {"x": uv_entry()}
    assert pbs_installer == [{"files": []}]


def test_a_package_without_the_metadata_is_one_clear_error(index: Path) -> None:
    _sdist(index, with_metadata=False)
    _wheel(index)

    with pytest.raises(ReleaseError, match=r"no download-metadata\.json"):
        published.fetch()


def test_an_index_without_the_packages_is_one_clear_error(index: Path) -> None:
    with pytest.raises(ReleaseError, match="could not fetch the metadata in uv"):
        published.fetch()
