"""Silence or an error of the server must not be taken for an answer."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ReleaseError
from buildpack_testing.launched_process import stop
from buildpack_testing.server import serve
from buildpack_testing.web import fetch, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], text=True) as running:
        yield running
        stop(running)


def test_an_answer_is_the_visible_text_of_the_page(tmp_path: Path, process: subprocess.Popen[str]) -> None:
    (tmp_path / "index.html").write_text("<h1>Hello</h1>\n<p>there</p>" + "x" * 400)
    with serve(tmp_path) as server:
        answer = fetch(server.url, process)
    assert answer.status == 200
    assert answer.text.startswith("Hello there")
    assert len(answer.text) == 300


def test_a_page_that_is_not_there_is_an_answer_too(tmp_path: Path, process: subprocess.Popen[str]) -> None:
    with serve(tmp_path) as server:
        assert fetch(f"{server.url}/missing", process).status == 404


def test_silence_and_an_early_end_are_told_apart(process: subprocess.Popen[str]) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(ReleaseError, match="stayed silent"):
        fetch(url, process, patience=0.1)
    stop(process)
    with pytest.raises(ReleaseError, match="ended with -15"):
        fetch(url, process, patience=10)
