from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from unit.buildpack_api.example_buildpack import ExampleBuildpack

if TYPE_CHECKING:
    from pathlib import Path


def build(tmp_path: Path, body: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return ExampleBuildpack.create(tmp_path, body).build(**variables)


def test_success_is_0_and_begins_with_name_and_version(tmp_path: Path) -> None:
    done = build(tmp_path, "context.output.step('hello')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "[Strata] Example 1.2.3\n  hello\n", "")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("BuildpackError('T', detail='D', advice='A')", 1),
        ("ConfigurationError('T', detail='D', advice='A')", 3),
        ("DownloadError('T', detail='D', advice='A')", 4),
        ("CommandFailed('T', command=('x',), returncode=9, detail='D', advice='A')", 5),
        ("PlatformError('T', detail='D', advice='A')", 6),
    ],
)
def test_an_expected_fault_is_a_message_and_its_code(tmp_path: Path, error: str, code: int) -> None:
    done = build(tmp_path, f"from buildpack_api import errors\nraise errors.{error}")
    assert (done.returncode, done.stderr) == (code, "[Strata] Error: T\n  D\n  A\n")


def test_missing_inputs_are_an_expected_fault_too(example: ExampleBuildpack) -> None:
    done = example.build(CNB_LAYERS_DIR="/no/such/place")
    assert done.returncode == 6
    assert done.stderr.startswith("[Strata] Error: CNB_LAYERS_DIR: /no/such/place is not a directory\n")


def test_a_bug_shows_the_traceback_and_who_to_tell(tmp_path: Path) -> None:
    done = build(tmp_path, "raise KeyError('https://user:pass@example.org')")
    assert done.returncode == 2
    assert "Traceback (most recent call last)" in done.stderr
    assert "this is a bug in acme/example 1.2.3" in done.stderr
    assert "pass" not in done.stderr


def test_passwords_of_indexes_and_proxies_are_printed_nowhere(tmp_path: Path) -> None:
    """Also on their own, and those that only the platform's own files have."""
    example = ExampleBuildpack.create(
        tmp_path, "print('-')\ncontext.output.step('of-the-proxy of-the-index')"
    )
    (example.platform / "env/PIP_INDEX_URL").write_text("https://me:of-the-index@host/")
    done = example.build(https_proxy="http://me:of-the-proxy@host")
    assert done.stdout.splitlines()[-1] == "  *** ***"


@pytest.mark.parametrize(
    ("body", "title"),
    [
        # Without a buffer, whose size depends on the Python: what is left in one fails where nobody sees it.
        ("open('/dev/full', 'wb', buffering=0).write(b'x')", "No space is left on the device"),
        (
            "raise OSError(30, 'Read-only file system', '/layers/x')",
            "The file system is read-only: /layers/x",
        ),
        ("raise PermissionError(13, 'Permission denied', '/app/x')", "Permission denied: /app/x"),
    ],
)
def test_faults_of_the_machine_are_no_bugs(tmp_path: Path, body: str, title: str) -> None:
    done = build(tmp_path, body)
    assert done.returncode == 1
    assert f"[Strata] Error: {title}\n" in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_signals_end_the_build_without_a_traceback(tmp_path: Path, name: str, code: int) -> None:
    done = build(tmp_path, f"import os, signal, time\nos.kill(os.getpid(), signal.{name})\ntime.sleep(600)")
    assert (done.returncode, done.stderr) == (code, f"[Strata] Error: stopped by {name}\n")


def test_modes_do_not_depend_on_the_umask_of_the_platform(tmp_path: Path) -> None:
    example = ExampleBuildpack.create(
        tmp_path,
        "from dataclasses import dataclass\n"
        "from buildpack_api.layers import LayerKey, LayerTypes\n"
        "@dataclass(frozen=True)\n"
        "class Key(LayerKey): pass\n"
        "layer = context.layers.open('x', Key())\n"
        "(layer.clear() / 'file').touch()\n"
        "layer.save(LayerTypes(launch=True))",
    )
    script = 'umask 077; exec "$@"'
    subprocess.run(
        ["sh", "-c", script, "sh", *example.command()], env=example.environment(), cwd=example.app, check=True
    )
    modes = [stat.S_IMODE(os.stat(example.layers / name).st_mode) for name in ("x", "x/file", "x.toml")]  # noqa: PTH116
    assert modes == [0o755, 0o644, 0o644]


def test_any_character_can_be_printed_in_any_locale(tmp_path: Path) -> None:
    example = ExampleBuildpack.create(tmp_path, "context.output.step('漢')")
    python, *arguments = example.command()
    done = subprocess.run(
        [python, "-X", "utf8=0", *arguments],
        env=example.environment(LC_ALL="C"),
        cwd=example.app,
        capture_output=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == rb"  \u6f22"


def test_files_of_the_app_are_not_imported(tmp_path: Path) -> None:
    example = ExampleBuildpack.create(tmp_path, "import logging, json, textwrap")
    for name in ("logging", "json", "textwrap", "tomllib", "buildpack_api"):
        (example.app / f"{name}.py").write_text("raise SystemExit('imported from the app')")
    assert example.build(PYTHONPATH=str(example.app), PYTHONHOME="/no/such/place").returncode == 0


def test_what_is_nested_without_end_is_no_bug(tmp_path: Path) -> None:
    """Whatever calls itself for each level of something in the app."""
    done = build(tmp_path, "walk = lambda: walk()\nwalk()")
    assert done.returncode == 3
    assert "nested too deeply" in done.stderr
    assert "bug" not in done.stderr
