from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ReleaseError
from buildpack_release.model.repository import Repository
from buildpack_release.packaging.package import package
from support.publishing import make_repository, pack
from support.sample_repository import component, plan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return pack(make_repository(tmp_path / "a repository"))


def files(root: Path) -> set[str]:
    """Everything that people find in dist/, but the sums themselves."""
    dist = root / "dist"
    found = {path.relative_to(dist).as_posix() for path in dist.rglob("*") if path.is_file()}
    return {name for name in found if not name.startswith(".")} - {"SHA256SUMS"}


def check(root: Path) -> None:
    """Let the standard tool read the sums, and look that none is missing or stale."""
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=root / "dist", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert {line.rpartition(": ")[0] for line in done.stdout.splitlines()} == files(root)


def test_every_file_of_every_package_is_covered(root: Path) -> None:
    check(root)
    names = [line[66:] for line in (root / "dist/SHA256SUMS").read_text().splitlines()]
    assert names == sorted(names)


def test_one_package_anew(root: Path) -> None:
    """The sums of the others stay, those of files that are gone vanish."""
    (root / "buildpacks/two/README.md").write_text("changed\n")
    package(
        Repository.discover(root),
        ["acme/two"],
        dist=root / "dist",
        build=root / "build",
        report=lambda _: None,
    )
    check(root)
    file = root / "buildpacks/two/buildpack.toml"
    file.write_text(file.read_text().replace('version = "1.0.0"', 'version = "1.1.0"'))
    shutil.rmtree(root / "buildpacks/all")
    pack(root)
    check(root)
    text = (root / "dist/SHA256SUMS").read_text()
    assert "acme_two-1.1.0" in text
    assert "acme_two-1.0.0" not in text
    assert "acme_all" not in text


def test_nothing_is_written_when_nothing_changed(root: Path) -> None:
    sums = root / "dist/SHA256SUMS"
    before = sums.stat()
    pack(root)
    assert (sums.stat().st_mtime_ns, sums.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    sums.unlink()
    pack(root)
    check(root)


def test_after_a_run_that_failed_the_sums_are_of_what_is_there(root: Path) -> None:
    (root / "buildpacks/one/README.md").write_text("changed\n")
    broken = component(root, "acme/zzz", plans={"x": (None, plan(provides=("z",)))})
    (broken / "vendor.lock").write_text(f"nothing==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(ReleaseError):
        pack(root)
    check(root)
