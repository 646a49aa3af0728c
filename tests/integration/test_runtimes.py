"""`inv runtimes.update` with the real pip, from an index on loopback that holds both sources."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_testing.server import serve
from support.packaging import environment, inv

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
RELEASES = "https://host.example/releases/download/"
FOLDER = "buildpacks/python-runtime"
CONFLICT, CHECK, FAILED = 4, 3, 1


def path_of(version: str, tag: str) -> str:
    return f"{tag}/cpython-{version}%2B{tag}-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"


def uv_entry(version: str, tag: str, sha256: str) -> dict[str, Any]:
    major, minor, patch = map(int, version.split("."))
    return {
        "name": "cpython", "arch": {"family": "x86_64", "variant": None}, "os": "linux", "libc": "gnu",
        "major": major, "minor": minor, "patch": patch, "prerelease": "", "variant": None,
        "url": f"{RELEASES}{path_of(version, tag)}", "sha256": sha256,
    }  # fmt: skip


class Sources:
    """An index whose two projects say what is published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("uv", "pbs-installer"):
            (folder / "simple" / name).mkdir(parents=True)

    def publish(self, *archives: tuple[str, str, str], second: tuple[tuple[str, str, str], ...] = ()) -> None:
        self._uv({version: uv_entry(version, tag, digest) for version, tag, digest in archives})
        files = [{"url": f"{RELEASES}{path_of(v, tag)}", "sha256": digest} for v, tag, digest in second]
        self._pbs_installer([{"files": files}])

    def _uv(self, entries: dict[str, Any]) -> None:
        files = {
            "PKG-INFO": b"Metadata-Version: 2.1\nName: uv\nVersion: 9.9.9\n",
            "pyproject.toml": b'[build-system]\nrequires = ["maturin"]\nbuild-backend = "maturin"\n',
            "crates/x/download-metadata.json": json.dumps(entries).encode(),
        }
        with tarfile.open(self.folder / "simple/uv/uv-9.9.9.tar.gz", "w:gz") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(f"uv-9.9.9/{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        self._page("uv", "uv-9.9.9.tar.gz")

    def _pbs_installer(self, releases: list[dict[str, Any]]) -> None:
        name = "pbs_installer-9.9-py3-none-any.whl"
        with zipfile.ZipFile(self.folder / "simple/pbs-installer" / name, "w") as wheel:
            wheel.writestr("pbs_installer/versions.json", json.dumps(releases))
            wheel.writestr("pbs_installer-9.9.dist-info/WHEEL", "Wheel-Version: 1.0\n")
            metadata = "Metadata-Version: 2.1\nName: pbs-installer\nVersion: 9.9\n"
            wheel.writestr("pbs_installer-9.9.dist-info/METADATA", metadata)
        self._page("pbs-installer", name)

    def _page(self, project: str, file: str) -> None:
        (self.folder / "simple" / project / "index.html").write_text(
            f'<!DOCTYPE html><a href="{file}">{file}</a>'
        )


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(tmp_path / "index")


@pytest.fixture
def env(sources: Sources, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The index is all that pip may reach; other settings of pip try to disturb."""
    with serve(sources.folder) as server:
        yield environment(
            PIP_INDEX_URL=f"{server.url}/simple", PIP_CONFIG_FILE="/dev/null", PIP_FIND_LINKS="",
            PIP_TARGET=str(tmp_path / "target"), PIP_DRY_RUN="1", PIP_NO_CACHE_DIR="1",
        )  # fmt: skip


KNOWN = ("3.14.1", "20250101", "a" * 64)
CHANGED = ("3.14.1", "20250101", "c" * 64)
NEW = ("3.14.2", "20260101", "b" * 64)
OLD = ("3.14.0", "20241231", "d" * 64)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository in a folder with a blank, which knows one archive."""
    root = tmp_path / "a repository"
    (root / FOLDER / "data").mkdir(parents=True)
    (root / "tasks.py").write_bytes((ROOT / "tasks.py").read_bytes())
    (root / "pyproject.toml").write_text('[tool.buildpack-release]\nruntimes = "acme/runtime"\n')
    (root / FOLDER / "buildpack.toml").write_text(
        'api = "0.10"\n[buildpack]\nid = "acme/runtime"\nversion = "1.0.0"\nname = "Runtime"\n'
        '[[targets]]\nos = "linux"\narch = "amd64"\n'
    )
    (root / FOLDER / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n")
    version, tag, digest = KNOWN
    (root / FOLDER / "data/runtimes.toml").write_text(
        f'schema = 1\ndefault = "3.14"\nbases = []\n[lines."3.14"]\nend-of-life = 2030-10-31\n[[runtime]]\n'
        f'version = "{version}"\nos = "linux"\narch = "amd64"\nlibc = "gnu"\ntag = "{tag}"\n'
        f'path = "{path_of(version, tag)}"\nsha256 = "{digest}"\n'
    )
    return root


def texts(root: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((root / FOLDER).rglob("*")) if path.is_file()}


def test_news_are_shown_then_written_then_nothing_is_new(
    root: Path, sources: Sources, env: dict[str, str]
) -> None:
    """The diff is what is written then; the catalogue can be shown."""
    sources.publish(KNOWN, NEW, second=(KNOWN,))
    before = texts(root)
    shown = inv("runtimes.update", "--dry-run", root=root, env=env)
    assert shown.returncode == 0, shown.stderr
    assert texts(root) == before
    done = inv("runtimes.update", root=root, env=env)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == [f"{FOLDER}/CHANGELOG.md", f"{FOLDER}/data/runtimes.toml"]
    assert "added    3.14.2" in done.stderr
    assert "1 archives have the same SHA-256 in both sources" in done.stderr
    assert "Next: " in done.stderr
    after = texts(root)
    assert "- Python 3.14.2.\n" in after["CHANGELOG.md"]
    subprocess.run(["git", "apply", "-R"], cwd=root, input=shown.stdout, text=True, check=True)
    assert texts(root) == before
    inv("runtimes.update", root=root, env=env)
    again = inv("runtimes.update", root=root, env=env)
    assert (again.returncode, again.stdout, texts(root)) == (0, "", after)
    assert "Nothing is new" in again.stderr
    assert "3.14.2" in inv("runtimes.show", root=root, env=env).stdout
    assert json.loads(inv("runtimes.show", "--json", root=root, env=env).stdout)["default"] == "3.14"


def test_an_old_archive_that_only_one_source_lists_is_left_out_and_named(
    root: Path, sources: Sources, env: dict[str, str]
) -> None:
    sources.publish(KNOWN, OLD, NEW, second=(KNOWN,))
    done = inv("runtimes.update", root=root, env=env)
    assert done.returncode == 0, done.stderr
    assert "3.14.0: left out: in uv's list only" in done.stderr
    assert "3.14.2: so far in uv's list only" in done.stderr
    after = texts(root)["runtimes.toml"]
    assert ('"3.14.0"' in after, '"3.14.2"' in after) == (False, True)


@pytest.mark.parametrize(
    ("published", "second", "fault"),
    [
        ((CHANGED,), (CHANGED,), (CONFLICT, "another SHA-256")),
        ((KNOWN, NEW), (("3.14.2", "20260101", "c" * 64),), (CHECK, "disagree on the SHA-256")),
        ((KNOWN, NEW), (("3.14.9", "20260101", "c" * 64),), (CHECK, "nothing could be cross-checked")),
    ],
)
def test_what_cannot_be_trusted_changes_nothing(  # noqa: PLR0917
    root: Path,
    sources: Sources,
    env: dict[str, str],
    published: tuple[tuple[str, str, str], ...],
    second: tuple[tuple[str, str, str], ...],
    fault: tuple[int, str],
) -> None:
    """One clear error, its exit code, no file touched."""
    code, message = fault
    sources.publish(*published, second=second)
    before = texts(root)
    done = inv("runtimes.update", root=root, env=env)
    assert (done.returncode, done.stdout, texts(root)) == (code, "", before), done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_index_without_the_sources_is_named(root: Path, env: dict[str, str]) -> None:
    done = inv("runtimes.update", root=root, env=env)
    assert done.returncode == FAILED
    assert "could not fetch the metadata in uv" in done.stderr
