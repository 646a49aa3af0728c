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
from buildpack_release.runtimes.published import PublishedArchive, cross_check, parse_pbs_installer, parse_uv

if TYPE_CHECKING:
    from pathlib import Path

RELEASES = "https://github.com/astral-sh/python-build-standalone/releases/download/"
FILE = "cpython-{v}%2B{tag}-{machine}-unknown-linux-gnu-{flavour}.tar.gz"
STRIPPED, PLAIN = "install_only_stripped", "install_only"


def url(version: str, tag: str, machine: str = "x86_64", flavour: str = STRIPPED) -> str:
    return f"{RELEASES}{tag}/{FILE.format(v=version, tag=tag, machine=machine, flavour=flavour)}"


def uv_entry(
    version: str = "3.13.5",
    tag: str = "20250702",
    machine: str = "x86_64",
    flavour: str = STRIPPED,
    **changes: object,
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
        "url": url(version, tag, machine, flavour),
        "sha256": "ab" * 32,
        "variant": None,
        "build": tag,
        **changes,
    }


def test_an_entry_becomes_an_archive_with_a_path_below_any_base() -> None:
    assert parse_uv({"x": uv_entry(machine="aarch64")}) == (
        PublishedArchive(
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
        {"url": url("3.13.5", "20250702", flavour="pgo%2Blto-full").replace(".tar.gz", ".tar.zst")},
        {"url": f"{RELEASES}20211017/cpython-3.10.0-x86_64-unknown-linux-gnu-lto-20211017T1616.tar.zst"},
        {"url": url("3.13.5", "20250702", flavour="freethreaded-install_only").replace(".gz", ".zst")},
    ],
    ids=str,
)
def test_what_is_not_a_final_baseline_build_that_can_be_unpacked_is_passed_over(
    changes: dict[str, Any],
) -> None:
    assert parse_uv({"x": uv_entry(**changes)}) == ()


def test_older_versions_come_with_their_debugging_symbols() -> None:
    (found,) = parse_uv({"x": uv_entry("3.12.1", "20240107", flavour=PLAIN)})

    assert (found.text, found.is_stripped) == ("3.12.1", False)
    assert found.path == "20240107/cpython-3.12.1%2B20240107-x86_64-unknown-linux-gnu-install_only.tar.gz"


@pytest.mark.parametrize(
    ("listed", "taken"),
    [
        ([("20250115", STRIPPED), ("20250317", STRIPPED)], ("20250317", True)),
        ([("20250317", PLAIN), ("20250317", STRIPPED)], ("20250317", True)),
        ([("20250317", PLAIN), ("20250115", STRIPPED)], ("20250115", True)),
        ([("20240107", PLAIN), ("20240224", PLAIN)], ("20240224", False)),
    ],
)
def test_of_several_archives_a_stripped_one_is_taken_and_then_the_newest(
    listed: list[tuple[str, str]], taken: tuple[str, bool]
) -> None:
    """In whichever order they are listed, and for each architecture by itself."""
    entries = [uv_entry("3.12.9", tag, flavour=flavour) for tag, flavour in listed]
    other = uv_entry("3.12.9", "20200101", "aarch64", flavour=PLAIN)
    for order in (entries, entries[::-1]):
        found = parse_uv({str(number): entry for number, entry in enumerate([other, *order])})
        assert [(one.arch, one.tag, one.is_stripped) for one in found] == [
            ("amd64", *taken),
            ("arm64", "20200101", False),
        ]


@pytest.mark.parametrize("sha256", [None, "", "abc"])
def test_an_archive_without_a_checksum_is_refused(sha256: str | None) -> None:
    with pytest.raises(CheckFailed, match="no SHA-256"):
        parse_uv({"x": uv_entry(sha256=sha256)})


def second_list(*urls: str, sha256: str = "ab" * 32) -> dict[str, str]:
    return parse_pbs_installer([{"files": [{"url": one, "sha256": sha256} for one in urls]}])


def test_what_only_one_source_lists_is_told_apart() -> None:
    """Newer than the other knows: not there yet. Another build of the version: fine. Else it is not taken."""
    archives = parse_uv(
        {
            "both": uv_entry("3.13.5", "20250702"),
            "ahead": uv_entry("3.13.6", "20250814"),
            "another build": uv_entry("3.13.4", "20250610"),
            "not there": uv_entry("3.12.1", "20240107", flavour=PLAIN),
        }
    )
    second = second_list(
        url("3.13.5", "20250702"),
        url("3.13.4", "20250612"),
        url("3.11.0", "20250702"),
        f"{RELEASES}other/file",
        "https://elsewhere.example/file",
    )

    found = cross_check(archives, second)

    assert [one.text for one in found.confirmed] == ["3.13.5"]
    assert [one.text for one in found.ahead] == ["3.13.6"]
    assert [one.text for one in found.other_builds] == ["3.13.4"]
    assert [one.text for one in found.unconfirmed] == ["3.12.1"]
    assert sorted(one.text for one in found.accepted) == ["3.13.4", "3.13.5", "3.13.6"]


def test_an_archive_that_the_second_source_lists_without_a_checksum_is_not_confirmed() -> None:
    files = [
        {"url": url("3.10.2", "20220227", flavour=PLAIN), "sha256": None},
        {"url": url("3.13.5", "20250702"), "sha256": "ab" * 32},
    ]
    archives = parse_uv({"x": uv_entry(), "y": uv_entry("3.10.2", "20220227", flavour=PLAIN)})

    assert [
        one.text for one in cross_check(archives, parse_pbs_installer([{"files": files}])).unconfirmed
    ] == ["3.10.2"]


def test_sources_without_an_archive_in_common_are_an_error() -> None:
    with pytest.raises(CheckFailed, match="nothing could be cross-checked"):
        cross_check(parse_uv({"x": uv_entry()}), second_list(url("3.13.6", "20250702")))


def test_a_contradiction_between_the_sources_is_an_error_with_both_sums() -> None:
    second = second_list(uv_entry()["url"], sha256="cd" * 32)

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
