"""Archives for offline packages: only right ones get into the store, and a broken download goes on later."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import ConfigurationError, DownloadError
from buildpack_api.output import Output
from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue
from python_runtime.prefetch import prefetch
from support import misbehaving_server as server

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = bytes(range(256)) * 4096
SUM = hashlib.sha256(CONTENT).hexdigest()
CATALOGUE = f"""\
schema = 1
default = "3.14"
bases = []
[lines."3.14"]
end-of-life = 2030-10-31
[[runtime]]
version = "3.14.2"
os = "linux"
arch = "arm64"
libc = "gnu"
tag = "1"
path = "1/a%2Bb.tar.gz"
sha256 = "{SUM}"
"""


@pytest.fixture
def one(catalogue: RuntimesCatalogue) -> RuntimesCatalogue:
    """A catalogue with one archive."""
    runtime = Runtime("3.14.2", "linux", "arm64", "gnu", "1", "1/a%2Bb.tar.gz", SUM)
    return replace(catalogue, runtimes=(runtime,))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "a store"


def run(catalogue: RuntimesCatalogue, store: Path, mirror: str) -> str:
    """Fetch from a mirror; returns what was said."""
    log = io.StringIO()
    prefetch([SUM], catalogue, store, {"BP_DEPENDENCY_MIRROR": mirror}, Output(stdout=log))
    return log.getvalue()


def names(store: Path) -> list[str]:
    return sorted(path.name for path in store.iterdir())


def test_an_archive_is_fetched_once(one: RuntimesCatalogue, store: Path) -> None:
    with server.answering(server.file(CONTENT)) as script:
        assert "Downloading http://127.0.0.1" in run(one, store, script.url)
        assert run(one, store, script.url) == ""
    assert [request.path for request in script.requests] == ["/1/a%2Bb.tar.gz"]
    assert (store / f"{SUM}.tar.gz").read_bytes() == CONTENT
    assert names(store) == [f"{SUM}.tar.gz"]


def test_a_directory_is_a_mirror(one: RuntimesCatalogue, store: Path, tmp_path: Path) -> None:
    (tmp_path / "mirror/1").mkdir(parents=True)
    (tmp_path / "mirror/1/a+b.tar.gz").write_bytes(CONTENT)
    run(one, store, (tmp_path / "mirror").as_uri())
    assert (store / f"{SUM}.tar.gz").read_bytes() == CONTENT


def test_the_next_run_goes_on_where_one_was_broken_off(one: RuntimesCatalogue, store: Path) -> None:
    """Only the rest is asked for."""
    store.mkdir()
    (store / f".{SUM}.part").write_bytes(CONTENT[:1000])
    with server.answering(server.file(CONTENT)) as script:
        assert "after 0.0 MB of an earlier run" in run(one, store, script.url)
    assert [request.headers["range"] for request in script.requests] == ["bytes=1000-"]
    assert (store / f"{SUM}.tar.gz").read_bytes() == CONTENT
    assert names(store) == [f"{SUM}.tar.gz"]


def test_what_only_lacked_its_name_is_not_fetched_again(one: RuntimesCatalogue, store: Path) -> None:
    store.mkdir()
    (store / f".{SUM}.part").write_bytes(CONTENT)
    run(one, store, "http://127.0.0.1:9")
    assert names(store) == [f"{SUM}.tar.gz"]


@pytest.mark.parametrize("left", [b"x" * 1000, b"x" * (len(CONTENT) + 5)])
def test_the_beginning_of_something_else_is_dropped(one: RuntimesCatalogue, store: Path, left: bytes) -> None:
    """Also if it is longer than the archive, where the server says 416 or what it likes."""
    store.mkdir()
    (store / f".{SUM}.part").write_bytes(left)
    too_far = server.status("416 Range Not Satisfiable")
    answers = [too_far] if len(left) > len(CONTENT) else []
    with server.answering(*answers, server.file(CONTENT)) as script:
        run(one, store, script.url)
    assert (store / f"{SUM}.tar.gz").read_bytes() == CONTENT


def test_what_has_another_checksum_does_not_get_in(one: RuntimesCatalogue, store: Path) -> None:
    """Nor is it gone on with the next time."""
    with server.answering(server.file(b"another")) as script, pytest.raises(DownloadError, match=r"3\.14\.2"):
        run(one, store, script.url)
    assert names(store) == [f".{SUM}.part"]
    assert (store / f".{SUM}.part").read_bytes() == b""


def test_what_arrived_before_a_fault_stays(one: RuntimesCatalogue, store: Path) -> None:
    gone = server.status("404 Not Found")
    with server.answering(server.breaking_off(CONTENT, 5000), gone) as script, pytest.raises(DownloadError):
        run(one, store, script.url)
    assert (store / f".{SUM}.part").stat().st_size == 5000


def test_two_runs_at_once_fetch_it_once(one: RuntimesCatalogue, store: Path) -> None:
    with server.answering(server.file(CONTENT)) as script:
        runs = [threading.Thread(target=run, args=(one, store, script.url)) for _ in range(3)]
        for thread in runs:
            thread.start()
        for thread in runs:
            thread.join()
    assert len(script.requests) == 1
    assert names(store) == [f"{SUM}.tar.gz"]


def test_an_unknown_checksum_is_an_error(one: RuntimesCatalogue, store: Path) -> None:
    with pytest.raises(ConfigurationError, match="no archive with the SHA-256"):
        prefetch(["0" * 64], one, store, {}, Output(stdout=io.StringIO()))


def program(order: dict[str, object], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it as packaging does: on stdin what is wanted."""
    code = f"import sys; sys.path[:0] = {sys.path!r}; from python_runtime.prefetch import main; main()"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        input=json.dumps(order), env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_as_a_program_it_answers_in_json(tmp_path: Path, store: Path) -> None:
    (tmp_path / "runtimes.toml").write_text(CATALOGUE)
    order: dict[str, object] = {
        "catalogue": str(tmp_path / "runtimes.toml"), "store": str(store), "sha256": [SUM],
    }  # fmt: skip
    with server.answering(server.file(CONTENT)) as script:
        done = program(order, BP_DEPENDENCY_MIRROR=script.url)
    assert (done.returncode, done.stdout) == (0, "{}\n")
    assert done.stderr.startswith("  Downloading ")
    with server.answering(server.status("404 Not Found")) as script:
        failed = program({**order, "store": str(tmp_path / "other")}, BP_DEPENDENCY_MIRROR=script.url)
    assert failed.returncode == DownloadError.exit_code
    fault = json.loads(failed.stdout)
    assert fault["title"] == "The archive of Python 3.14.2 could not be obtained"
    assert "HTTP 404" in fault["detail"]
    (tmp_path / "file").write_text("")
    blocked = program({**order, "store": str(tmp_path / "file/store")})
    assert blocked.returncode != 0
