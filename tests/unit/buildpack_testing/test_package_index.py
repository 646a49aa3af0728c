"""The index must be one that pip accepts, hashes included."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import NetworkError
from buildpack_testing.package_index import fill_index, write_index
from buildpack_testing.server import serve

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "Some_Name-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("some_name.py", "")
        archive.writestr(
            "Some_Name-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: Some.Name\nVersion: 1.0\n"
        )
        archive.writestr(
            "Some_Name-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("Some_Name-1.0.dist-info/RECORD", "")
    return path


def _pip_download(index: str, requirement: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--isolated", "download", "--no-deps", "--no-cache-dir"]
    command += ["--index-url", f"{index}/simple", "-r", str(requirement), "-d", str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"no_proxy": "127.0.0.1"})


def test_pip_finds_a_wheel_under_its_normalised_name_and_checks_its_hash(wheel: Path, tmp_path: Path) -> None:
    index = write_index([wheel], tmp_path / "index")
    assert [path.name for path in index.wheels] == [wheel.name]
    requirement = tmp_path / "requirements.txt"
    requirement.write_text(f"some-name==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    with serve(index.directory) as server:
        done = _pip_download(server.url, requirement, tmp_path / "out")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "out" / wheel.name).read_bytes() == wheel.read_bytes()
        (index.directory / "files" / wheel.name).write_bytes(b"something else")
        spoilt = _pip_download(server.url, requirement, tmp_path / "out2")
    assert spoilt.returncode != 0
    assert "HASH" in spoilt.stderr.upper()


def test_an_index_is_replaced_as_a_whole(wheel: Path, tmp_path: Path) -> None:
    write_index([wheel], tmp_path / "index")
    write_index([], tmp_path / "index")
    assert [path.name for path in (tmp_path / "index" / "simple").iterdir()] == ["index.html"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_wheels_are_those_of_the_processor_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after those of another one: each has its place in the cache."""
    monkeypatch.setenv("STRATA_CACHE_DIR", str(tmp_path / "cache"))
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("some-name==1.0\n")
    offered = []
    for machine in ("aarch64", "riscv64"):
        path = tmp_path / f"some_name-1.0-py3-none-manylinux_2_17_{machine}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "some_name-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: some-name\nVersion: 1.0\n"
            )
            archive.writestr("some_name-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
            archive.writestr("some_name-1.0.dist-info/RECORD", "")
        offered.append(path)
    with serve(write_index(offered, tmp_path / "offered").directory) as server:
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple/")
        for path in offered:
            machine = path.stem.rpartition("_2_17_")[2]
            filled = fill_index([requirements], ["3.12"], machine=machine)
            assert [wheel.name for wheel in filled.wheels] == [path.name]


def test_a_failing_download_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("some-name==1.0\n")
    with pytest.raises(NetworkError, match="could not download"):
        fill_index([requirements], ["3.12"])
    assert [path.suffix for path in (tmp_path / "cache" / "indexes").iterdir()] == [".lock"]
