"""Nobody reads an archive whose SHA-256 is wrong, and whatever happens nothing stays behind."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import DownloadError
from python_runtime.fetch import fetched
from support import misbehaving_server as server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from buildpack_api.context import BuildContext
    from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue

CONTENT = b"an archive"
SUM = hashlib.sha256(CONTENT).hexdigest()
NAME = "20250101/cpython-3.14.2+20250101-amd64.tar.gz"


@pytest.fixture
def runtime(catalogue: RuntimesCatalogue) -> Runtime:
    return replace(next(r for r in catalogue.runtimes if r.version == "3.14.2"), sha256=SUM)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A directory with the right archive, to be spoilt by the test."""
    path = tmp_path / "a mirror" / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    return path


def read(runtime: Runtime, catalogue: RuntimesCatalogue, context: BuildContext) -> bytes:
    with fetched(runtime, catalogue, context) as archive:
        return archive.read()


def mirror_url(file: Path) -> str:
    return file.parents[1].as_uri()


def test_a_directory_is_a_mirror(
    runtime: Runtime, catalogue: RuntimesCatalogue, make_context: Callable[..., BuildContext], mirror: Path
) -> None:
    context = make_context({"BP_DEPENDENCY_MIRROR": mirror_url(mirror)})

    assert read(runtime, catalogue, context) == CONTENT


def test_an_offline_package_says_what_it_carries(
    runtime: Runtime, catalogue: RuntimesCatalogue, make_context: Callable[..., BuildContext], tmp_path: Path
) -> None:
    """When the archive that is asked for is not inside and cannot be had."""
    context = make_context({"BP_DEPENDENCY_MIRROR": (tmp_path / "nothing").as_uri()})
    inside = next(r for r in catalogue.runtimes if r.version == "3.12.11")
    (context.buildpack_dir / "archives").mkdir()
    (context.buildpack_dir / "archives" / f"{inside.sha256}.tar.gz").write_bytes(b"x")

    with pytest.raises(DownloadError) as caught:
        read(runtime, catalogue, context)

    assert caught.value.detail.startswith("This offline package carries 3.12.11 for linux/amd64.\n")
    assert "nothing/20250101" in caught.value.detail
    assert "inv package --offline --python 3.14.2" in caught.value.advice


def test_the_archive_in_the_buildpack_comes_before_any_mirror(
    runtime: Runtime, catalogue: RuntimesCatalogue, make_context: Callable[..., BuildContext]
) -> None:
    context = make_context({"BP_DEPENDENCY_MIRROR": "file:///nowhere"})
    (context.buildpack_dir / "archives").mkdir()
    (context.buildpack_dir / "archives" / f"{SUM}.tar.gz").write_bytes(CONTENT)

    assert read(runtime, catalogue, context) == CONTENT


def test_a_download_leaves_no_file_behind(
    runtime: Runtime, catalogue: RuntimesCatalogue, make_context: Callable[..., BuildContext]
) -> None:
    with server.answering(server.file(CONTENT)) as script:
        context = make_context({"BP_DEPENDENCY_MIRROR": script.url})
        with fetched(runtime, catalogue, context) as archive:
            assert archive.read() == CONTENT
            assert list(context.layers.root.iterdir()) == []

    assert list(context.layers.root.iterdir()) == []


def test_the_next_place_is_tried_when_one_fails(
    runtime: Runtime, catalogue: RuntimesCatalogue, make_context: Callable[..., BuildContext]
) -> None:
    bad = server.status("200 OK", b"something else")
    with server.answering(server.status("404 Not Found"), bad, server.file(CONTENT)) as script:
        context = make_context({"BP_DEPENDENCY_MIRROR": script.url})
        assert read(runtime, catalogue, context) == CONTENT

    assert len(script.requests) == 3


def test_a_wrong_file_is_shown_with_both_sums_and_without_the_password(
    runtime: Runtime, catalogue: RuntimesCatalogue, make_context: Callable[..., BuildContext]
) -> None:
    own = replace(catalogue, bases=())
    with server.answering(server.status("200 OK", b"something else")) as script:
        url = script.url.replace("http://", "http://me:secret@")
        with pytest.raises(DownloadError) as caught:
            read(runtime, own, make_context({"BP_DEPENDENCY_MIRROR": url}))

    error = caught.value
    assert error.title == "The archive of Python 3.14.2 could not be obtained"
    assert f"expected  {SUM}" in error.detail
    assert f"found     {hashlib.sha256(b'something else').hexdigest()}" in error.detail
    assert f"{script.url.replace('http://', 'http://***@')}/20250101/" in error.detail
    assert "secret" not in str(error)
    assert "Nothing of it was used" in error.advice


def test_a_web_page_in_a_mirror_is_called_one(
    runtime: Runtime, catalogue: RuntimesCatalogue, make_context: Callable[..., BuildContext], mirror: Path
) -> None:
    mirror.write_text("\n<!DOCTYPE html><title>Sign in</title>")

    with pytest.raises(DownloadError, match="It is a web page"):
        read(runtime, catalogue, make_context({"BP_DEPENDENCY_MIRROR": mirror_url(mirror)}))


def test_every_place_is_named_with_its_reason(
    runtime: Runtime, catalogue: RuntimesCatalogue, make_context: Callable[..., BuildContext], mirror: Path
) -> None:
    mirror.unlink()

    with pytest.raises(DownloadError) as caught:
        read(runtime, catalogue, make_context({"BP_DEPENDENCY_MIRROR": mirror_url(mirror)}))

    assert caught.value.detail.count("cannot be read: No such file or directory") == 6
    assert caught.value.advice == "The mirror must hold this file, readable for the build."


def test_a_directory_in_the_place_of_the_archive_cannot_be_read(
    runtime: Runtime, catalogue: RuntimesCatalogue, make_context: Callable[..., BuildContext], mirror: Path
) -> None:
    mirror.unlink()
    mirror.mkdir()

    with pytest.raises(DownloadError, match="Is a directory"):
        read(runtime, catalogue, make_context({"BP_DEPENDENCY_MIRROR": mirror_url(mirror)}))


def test_an_error_of_the_reader_is_not_taken_for_a_fault_of_the_mirror(
    runtime: Runtime, catalogue: RuntimesCatalogue, make_context: Callable[..., BuildContext], mirror: Path
) -> None:
    context = make_context({"BP_DEPENDENCY_MIRROR": mirror_url(mirror)})

    with pytest.raises(ZeroDivisionError), fetched(runtime, catalogue, context):
        raise ZeroDivisionError
