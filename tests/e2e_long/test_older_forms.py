"""Older forms of python-build-standalone's archives (python_runtime.forms), each run from a real tree.

The newer ones, and one of these, go through the whole job in tests/integration/test_standalone_runtimes.py.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from buildpack_release.model.repository import Repository
from buildpack_release.packaging.assemble import assemble_all
from buildpack_release.progress import say
from buildpack_testing.local_sources import mirror_variables, served_index
from buildpack_testing.package_index import fill_index
from buildpack_testing.server import serve
from buildpack_testing.standalone.releases import OLDER, RELEASES, StandaloneRelease
from python_runtime import catalogue
from python_runtime.forms import FORMS, Form, form_of
from support.main_job import APPS, COMPOSITE, ROOT, RUNTIME, MainJob
from support.needs import need
from support.python_archives import real_archives
from support.sbom_schemas import assert_valid_sbom

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from buildpack_testing.runtime_set import RuntimeSet

FLASK = APPS / "flask"
# What apps use of the standard library and the archive links in some way of its own.
PROGRAM = """
import bz2, ctypes, curses, dbm, decimal, hashlib, lzma, readline, sqlite3, ssl, sys, uuid, zlib
import flask, markupsafe._speedups
print(sys.version.split()[0], sys.base_prefix == sys.base_exec_prefix)
print(ssl.OPENSSL_VERSION.split()[1], sqlite3.sqlite_version)
"""


@pytest.fixture(scope="module")
def older() -> RuntimeSet:
    """The archives, made once for all runs (they take a download of 0.3 GB the first time)."""
    need("C compiler")  # strip comes with it
    return real_archives(releases=OLDER)


@pytest.fixture(scope="module")
def sources(older: RuntimeSet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The variables that name a mirror with the archives and an index with what the app needs."""
    index = fill_index([FLASK / "requirements.txt"], older.minors, report=say)
    with serve(index.directory) as server, mirror_variables(older) as mirror:
        yield {**served_index(server), **mirror}


@pytest.fixture(scope="module")
def composite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    into = tmp_path_factory.mktemp("assembled")
    return tuple(assemble_all(Repository.discover(ROOT), [COMPOSITE], into, report=say))


def forms_of(runtimes: RuntimeSet) -> set[Form | None]:
    return {form_of(runtime) for runtime in catalogue.load(runtimes.catalogue).runtimes}


def test_of_every_form_that_counts_as_tried_there_is_a_tree_here_or_among_the_others(
    older: RuntimeSet,
) -> None:
    """Protects the README's table: nothing in it is only said."""
    ours = {f"{release.version} of {release.tag}" for release in (*RELEASES, *OLDER)}
    assert all(ours & set(form.tried) for form in FORMS if form.tried)
    assert forms_of(older) == {form for form in FORMS[:4] if form.tried}


@pytest.mark.parametrize("release", OLDER, ids=lambda release: f"{release.version}-{release.tag}")
def test_an_app_with_wheels_runs(
    release: StandaloneRelease,
    composite: tuple[Path, ...],
    sources: Mapping[str, str],
    tmp_path: Path,
) -> None:
    """Protects apps that are pinned to a patch of years ago."""
    job = MainJob(tmp_path, composite, sources)
    app = job.copy("flask")
    (app / ".python-version").write_text(f"{release.version}\n")
    result = job.build(app)
    (form,) = [
        one
        for one in FORMS
        if f"{release.version} of {release.tag}" in one.tried and one.is_stripped == release.strip
    ]
    hint = f"This Python needs {form.needs} in the build image"
    assert (hint in result.run(RUNTIME).printed) == bool(form.needs)
    sbom = assert_valid_sbom(job.layers / "strata_python-runtime" / "python.sbom.cdx.json")
    listed = {one["name"]: one.get("version") for one in sbom["components"]}
    with job.platform.container() as container:
        told = container.run(["python", "-W", "error", "-c", PROGRAM])
        version, is_one_prefix, openssl, sqlite = told.stdout.split()
        assert (version, is_one_prefix) == (release.version, "True")
        assert (listed["openssl"], listed["sqlite"]) == (openssl, sqlite)
        assert {"berkeley-db", "libedit", "tcl"} <= listed.keys()
        original = subprocess.run(
            [job.python / "bin" / "python3", "-I", "-c", "import sys; print(sys.exec_prefix)"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert original.stdout.strip() == str(job.python)
    assert "platform dependent libraries" not in original.stderr
