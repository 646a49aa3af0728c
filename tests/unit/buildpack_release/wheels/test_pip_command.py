"""Running pip: what it may know of the user's settings."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import NetworkError
from buildpack_release.wheels import pip_command
from buildpack_release.wheels.pip_command import last_lines, run_pip

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Python that tells how it was called."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\npwd; echo "$@"; env | grep -E "^(PIP|PYTHONPATH|HTTPS|LC)"; exit 3\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    for name in ("PIP_CERT", "PIP_FIND_LINKS", "PIP_DEFAULT_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)


def test_only_settings_that_reach_an_index_are_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PIP_TARGET or PIP_DRY_RUN would change what is fetched, and where to; secrets are not shown."""
    for name, value in {
        "PIP_INDEX_URL": "https://me:word@index.example",
        "PIP_DRY_RUN": "1",
        "PIP_PYTHON": "p",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "HTTPS_PROXY": "h",
        "LC_ALL": "de",
        "PYTHONPATH": "/hostile",
    }.items():
        monkeypatch.setenv(name, value)
    done = run_pip("download", ["demo"], cwd=tmp_path)
    place, arguments, *variables = done.stdout.splitlines()
    assert (done.returncode, place) == (3, str(tmp_path))
    assert arguments.startswith("-I -m pip download --disable-pip-version-check --no-input")
    assert arguments.endswith(" demo")
    assert {one for one in variables if one.startswith(("PIP", "HTTPS", "LC_ALL"))} == {
        "PIP_INDEX_URL=https://***@index.example", "HTTPS_PROXY=h", "LC_ALL=C.UTF-8",
    }  # fmt: skip


def test_passwords_of_the_users_settings_are_hidden_wherever_pip_prints_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on their own, and with characters in them that end an address."""
    monkeypatch.setenv("PIP_INDEX_URL", "https://me:pass/w0rd@index.example")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:of-the-proxy@h")
    done = run_pip("download", ["says:of-the-proxy", "says:pass/w0rd"], cwd=tmp_path)
    assert "says:*** says:***" in done.stdout
    assert "PIP_INDEX_URL=https://***@index.example" in done.stdout


def test_modules_for_a_build_backend_replace_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/hostile")
    done = run_pip("download", [], cwd=tmp_path, modules=tmp_path / "mine")
    assert f"PYTHONPATH={tmp_path / 'mine'}" in done.stdout.splitlines()


def test_no_file_gets_larger_than_the_limit(tmp_path: Path) -> None:
    """An endless answer of an index ends in an error of pip, and not on a full disk."""
    (tmp_path / "python").write_text("#!/bin/sh\nulimit -f\n")
    done = run_pip("download", [], cwd=tmp_path)
    assert done.stdout.strip() == str((1 << 30) // 512)


def test_an_index_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip's own time-out is for each receive."""
    (tmp_path / "python").write_text("#!/bin/sh\nexec sleep 600\n")
    monkeypatch.setattr(pip_command, "_TIME_LIMIT", 0.1)
    with pytest.raises(NetworkError, match=r"pip download did not end within 0\.1 s"):
        run_pip("download", [], cwd=tmp_path)


def test_the_end_of_what_was_said_is_shown() -> None:
    assert last_lines("\n".join(f" {number}\n" for number in range(20))) == "\n".join(map(str, range(12, 20)))
