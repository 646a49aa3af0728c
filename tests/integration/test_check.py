"""`inv check` on copies of this repository with a fault each: it is named, and the exit code says so."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
LIBRARIES = ("packages/buildpack-common", "packages/buildpack-api")
COPIED = ("tasks.py", "pyproject.toml", "LICENSE", "buildpacks", *LIBRARIES)
RUNTIME, PIP, VENV, ALL = (
    f"buildpacks/{name}" for name in ("python-runtime", "pip-tool", "app-venv", "python")
)
VENV_PLAN = f"{VENV}/detect/10-inputs/plan.toml"
VENV_MARKERS = f"{VENV}/detect/10-inputs/markers"
PIP_PLAN = f"{PIP}/detect/10-always/plan.toml"
RUNTIME_PLAN = f"{RUNTIME}/detect/10-always/plan.toml"
CHECK_FAILED = 3


def copy_repository(to: Path) -> Path:
    """Copy what the check reads, without caches; the folder's name has a blank."""
    for name in COPIED:
        source, target = ROOT / name, to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, target)
    return to


def inv(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401
    """Run the real command as a maintainer would."""
    command = [sys.executable, "-m", "invoke", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **options)


def error_lines(output: str) -> list[str]:
    return [line for line in output.splitlines() if re.match(r"[^ ].*: error: ", line)]


def replaced(old: str, new: str) -> Callable[[Path], object]:
    def edit(path: Path) -> None:
        text = path.read_text()
        assert old in text, f"{path} no longer holds {old!r}"
        path.write_text(text.replace(old, new, 1))

    return edit


def appended(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(path.read_text() + text)


def written(content: str | bytes) -> Callable[[Path], object]:
    def edit(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return edit


def linked(target: str) -> Callable[[Path], object]:
    def edit(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    return edit


@dataclass(frozen=True)
class Fault:
    """An edit of one file, and what has to be said about it.

    `line` is text that starts on the line that has to be named (its last occurrence; "" if the whole file is
    meant), `at` the file that has to be named if it is not the edited one.
    """

    file: str
    edit: Callable[[Path], object]
    line: str
    said: str
    at: str = ""


FAULTS = {
    # buildpack.toml by itself
    "not TOML": Fault(
        f"{PIP}/buildpack.toml", replaced("[buildpack]", "[buildpack"), "[buildpack\n", "not valid TOML"
    ),
    "not UTF-8": Fault(f"{PIP}/buildpack.toml", written(b'api = "0.10"\n# \xff\n'), "# ", "not UTF-8"),
    "duplicate key": Fault(
        f"{PIP}/buildpack.toml", replaced("name =", 'id = "x"\nname ='), 'id = "x"', "not valid TOML"
    ),
    "unknown key": Fault(
        f"{PIP}/buildpack.toml",
        replaced("description", "descripton"),
        "descripton",
        'did you mean "description"?',
    ),
    "unknown table": Fault(
        f"{PIP}/buildpack.toml", appended("\n[metadta]\nx = 1\n"), "[metadta]", 'did you mean "metadata"?'
    ),
    "no api": Fault(f"{PIP}/buildpack.toml", replaced('api = "0.10"\n', ""), "", '"api" is missing'),
    "api as a number": Fault(f"{PIP}/buildpack.toml", replaced('"0.10"', "0.10"), "api", "must be a string"),
    "old api": Fault(f"{PIP}/buildpack.toml", replaced("0.10", "0.8"), "0.8", "not supported"),
    "bad id": Fault(f"{RUNTIME}/buildpack.toml", replaced("strata/", "strata_"), "strata_", "may hold only"),
    "reserved id": Fault(
        f"{RUNTIME}/buildpack.toml", replaced("strata/python-runtime", "config"), "config", "reserved"
    ),
    "leading zero": Fault(f"{PIP}/buildpack.toml", replaced("0.1.0", "0.01.0"), "0.01.0", "leading zeros"),
    "pre-release": Fault(f"{PIP}/buildpack.toml", replaced("0.1.0", "0.1.0-rc.1"), "0.1.0-rc.1", "X.Y.Z"),
    "wrong arch": Fault(f"{PIP}/buildpack.toml", replaced("arm64", "aarch64"), "aarch64", '"arm64"'),
    "no SPDX licence": Fault(f"{PIP}/buildpack.toml", replaced("Apache-2.0", "Apache 2"), "Apache 2", "SPDX"),
    "SBOM format": Fault(
        f"{RUNTIME}/buildpack.toml",
        replaced("application/spdx+json", "application/spdx"),
        "spdx",
        "spdx+json",
    ),
    "no targets": Fault(
        f"{PIP}/buildpack.toml",
        lambda path: path.write_text(path.read_text().split("[[targets]]")[0]),
        "",
        "neither [[targets]]",
    ),
    # orders and what they name
    "composite with targets": Fault(
        f"{ALL}/buildpack.toml",
        appended('\n[[targets]]\nos = "linux"\n'),
        "[[targets]]",
        "must not have [[targets]]",
    ),
    "empty group": Fault(
        f"{ALL}/buildpack.toml",
        appended("\n[[order]]\n# nothing\n"),
        "[[order]]\n#",
        "at least one buildpack",
    ),
    "twice in a group": Fault(
        f"{ALL}/buildpack.toml",
        replaced("strata/pip-tool", "strata/app-venv"),
        '[[order.group]]\nid = "strata/app-venv"',
        "stands twice",
    ),
    "missing sibling": Fault(
        f"{ALL}/buildpack.toml",
        replaced("strata/pip-tool", "strata/pip-tol"),
        "pip-tol",
        'did you mean "strata/pip-tool"?',
    ),
    "other version in the order": Fault(
        f"{ALL}/buildpack.toml",
        replaced('id = "strata/app-venv"\nversion = "0.1.0"', 'id = "strata/app-venv"\nversion = "9.9.9"'),
        "9.9.9",
        "has the version",
    ),
    "other version of the sibling": Fault(
        f"{PIP}/buildpack.toml",
        replaced("0.1.0", "9.9.9"),
        'version = "0.1.0"\noptional = true\n\n[[order.group]]\nid = "strata/uv-tool"',
        'has the version "9.9.9"',
        at=f"{ALL}/buildpack.toml",
    ),
    "foreign id": Fault(
        f"{ALL}/buildpack.toml",
        appended('\n[[order.group]]\nid = "elsewhere/thing"\nversion = "1.0.0"\n'),
        "elsewhere/thing",
        '[tool.buildpack-release.foreign."elsewhere/thing"]',
    ),
    "cycle": Fault(
        f"{ALL}/buildpack.toml",
        appended('\n[[order.group]]\nid = "strata/python"\nversion = "0.1.0"\n'),
        'id = "strata/python"\nversion = "0.1.0"\n',
        "strata/python -> strata/python",
    ),
    "duplicate id in other case": Fault(
        "buildpacks/copy/buildpack.toml",
        lambda path: (
            shutil.copytree(path.parent.parent / "pip-tool", path.parent),
            replaced("strata/pip-tool", "Strata/Pip-Tool")(path),
        ),
        'id = "strata/pip-tool"',
        "is also that of",
        at=f"{PIP}/buildpack.toml",
    ),
    # detection
    "no detect folder": Fault(f"{PIP}/detect", shutil.rmtree, "", "detection would never pass"),
    "no plan": Fault(PIP_PLAN, Path.unlink, "", "this file is missing"),
    "plan not TOML": Fault(PIP_PLAN, appended("[[requires]\n"), "[[requires]\n", "not valid TOML"),
    "unknown key in a plan": Fault(
        VENV_PLAN,
        replaced("[requires.metadata]", "[requires.metdata]"),
        "metdata",
        'did you mean "metadata"?',
    ),
    "version outside metadata": Fault(
        PIP_PLAN,
        replaced('name = "python"', 'name = "python"\nversion = "3"'),
        'version = "3"',
        "requires.metadata",
    ),
    "empty plan": Fault(RUNTIME_PLAN, written("# nothing\n"), "", "provides nothing and requires nothing"),
    "no marker": Fault(VENV_MARKERS, written("# none\n\n"), "", "never be chosen"),
    "marker out of the app": Fault(
        VENV_MARKERS, appended("../requirements.txt\n"), "../req", "leads out of the app"
    ),
    "absolute marker": Fault(VENV_MARKERS, appended("/requirements.txt\n"), "/req", "is absolute"),
    "misspelt markers": Fault(
        VENV_MARKERS,
        lambda path: path.rename(path.with_name("marker")),
        "",
        'did you mean "markers"?',
        at=f"{VENV}/detect/10-inputs/marker",
    ),
    "plan never reached": Fault(
        f"{PIP}/detect/20-never/plan.toml", written('[[provides]]\nname = "pip"\n'), "", "never chosen"
    ),
    # the plan proof
    "requirement with a slip": Fault(
        VENV_PLAN, replaced('name = "python"', 'name = "pyhton"'), "pyhton", 'did you mean "python"?'
    ),
    "provision with a slip": Fault(
        PIP_PLAN,
        replaced('name = "pip"', 'name = "pipp"'),
        'name = "pip"',
        'did you mean "pipp"?',
        at=VENV_PLAN,
    ),
    "requirement in one alternative only": Fault(
        VENV_PLAN,
        written(
            '[[provides]]\nname = "venv"\n[[requires]]\nname = "venv"\n[[requires]]\nname = "conda"\n'
            '[[or]]\n[[or.requires]]\nname = "mamba"\n'
        ),
        "mamba",
        "requires mamba",
    ),
    "wrong order": Fault(
        f"{ALL}/buildpack.toml",
        lambda path: path.write_text(
            path.read_text()
            .replace("\noptional = true", "")
            .replace("pip-tool", "?")
            .replace("app-venv", "pip-tool")
            .replace("?", "app-venv")
        ),
        'name = "pip"',
        "comes later in the order",
        at=VENV_PLAN,
    ),
    "optional provider that may fail": Fault(
        f"{ALL}/buildpack.toml",
        lambda path: (
            replaced('runtime"\n', 'runtime"\noptional = true\n')(path),
            written(".python-version\n")(path.parents[2] / RUNTIME / "detect/10-always/markers"),
        ),
        'name = "python"',
        "when strata/python-runtime fails detection",
        at=VENV_PLAN,
    ),
    "nothing requires it": Fault(
        RUNTIME_PLAN,
        appended('[[provides]]\nname = "unwanted"\n'),
        "unwanted",
        "which nothing after it requires",
    ),
    # files
    "no README": Fault(f"{PIP}/README.md", Path.unlink, "", "this file is missing"),
    "no CHANGELOG": Fault(f"{ALL}/CHANGELOG.md", Path.unlink, "", "this file is missing"),
    "two dots in a name": Fault(f"{RUNTIME}/data/a..b", written(""), "", "pack refuses"),
    "dangling link": Fault(f"{RUNTIME}/data/link", linked("nowhere"), "", "cannot be read"),
    "link out of the buildpack": Fault(
        f"{RUNTIME}/data/link", linked("/etc/hostname"), "", "leaves the folder"
    ),
    "pipe": Fault(f"{RUNTIME}/data/pipe", os.mkfifo, "", "neither a file nor a folder"),
    "no code": Fault(f"{PIP}/src", shutil.rmtree, "", "exactly one Python package"),
    "unpinned wheel": Fault(f"{PIP}/vendor.lock", appended("requests\n"), "requests", ""),
    "composite with code": Fault(
        f"{ALL}/bin/build", written("#!/bin/sh\n"), "", "a composite has no bin", at=f"{ALL}/bin"
    ),
    "settings not TOML": Fault("pyproject.toml", appended("[tool\n"), "[tool\n", "not valid TOML"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copy_repository(tmp_path / "a copy")


def line_of(path: Path, text: str) -> str:
    """Give `:line` of the last occurrence of a text."""
    content = path.read_bytes().decode(errors="replace")
    assert text in content
    return f":{content.count(chr(10), 0, content.rindex(text)) + 1}" if text else ""


@pytest.mark.parametrize("name", FAULTS)
def test_a_seeded_fault_is_found(copy: Path, name: str) -> None:
    """File, line and cause are named on stdout, the exit code says that the check has failed."""
    fault = FAULTS[name]
    fault.edit(copy / fault.file)
    at = fault.at or fault.file
    place = at + (line_of(copy / at, fault.line) if fault.line else "")
    done = inv("check", cwd=copy)
    assert "Traceback" not in done.stderr
    matching = [line for line in error_lines(done.stdout) if line.startswith(f"{place}: error: ")]
    assert any(fault.said in line for line in matching), done.stdout
    assert done.returncode == CHECK_FAILED
    assert done.stderr.startswith("Error: the check has failed: ")


def test_this_repository_passes(copy: Path) -> None:
    """Without a fault there is no error, and the proof shows who meets what."""
    done = inv("check", cwd=copy)
    assert error_lines(done.stdout) == []
    assert done.returncode == 0
    assert "strata/python, group 1: the plans fit in 10 of 10 cases" in done.stdout
    assert "python  strata/python-runtime -> strata/pip-tool, strata/app-venv" in done.stdout
    assert "python  strata/python-runtime -> strata/uv-tool, strata/app-venv" in done.stdout
    assert "python  strata/python-runtime -> strata/poetry-tool, strata/app-venv" in done.stdout
    uv, poetry, pip = ("08-uv-chosen", "15-uv"), ("07-poetry-chosen", "16-poetry"), ("10-inputs",)
    for dropped, plans in (
        ("pip-tool", (*uv, *poetry)), ("uv-tool", (*pip, *poetry)), ("poetry-tool", (*pip, *uv)),
    ):  # fmt: skip
        cases = sum(done.stdout.count(f"strata/app-venv by {plan},") for plan in plans)
        assert done.stdout.count(f"strata/{dropped} is dropped") == cases > 0


def test_several_faults_at_once(copy: Path) -> None:
    """One run shows them all: nothing hides behind the first."""
    names = ["no api", "foreign id", "unknown key in a plan", "no CHANGELOG", "two dots in a name"]
    for name in names:
        FAULTS[name].edit(copy / FAULTS[name].file)
    lines = error_lines(inv("check", cwd=copy).stdout)
    for name in names:
        assert any(line.startswith(FAULTS[name].file) and FAULTS[name].said in line for line in lines), name


def test_a_declared_foreign_buildpack_takes_part(copy: Path) -> None:
    """As the message says how to declare it, doing so must help."""
    FAULTS["foreign id"].edit(copy / f"{ALL}/buildpack.toml")
    appended('\n[tool.buildpack-release.foreign."elsewhere/thing"]\nrequires = ["python"]\n')(
        copy / "pyproject.toml"
    )
    done = inv("check", cwd=copy)
    assert (error_lines(done.stdout), done.returncode) == ([], 0)
    assert "elsewhere/thing by declaration" in done.stdout


def test_data_for_programs(copy: Path) -> None:
    """The same findings as JSON, alone on stdout."""
    (copy / f"{PIP}/README.md").unlink()
    done = inv("check", "--json", cwd=copy)
    data = json.loads(done.stdout)
    assert done.returncode == CHECK_FAILED
    assert [finding["file"] for finding in data["findings"] if finding["severity"] == "error"] == [
        f"{PIP}/README.md"
    ]
    assert data["proofs"][0]["cases"][0]["resolves"]


HOSTILE = "1.0.0\\u001B[31m\\u0007\\n::error::owned\\u202E"


@pytest.mark.parametrize(
    "command", ["list", "graph", "graph --format mermaid", "check", "version.show", "version.check"]
)
def test_data_of_a_pull_request_drives_nothing(tmp_path: Path, command: str) -> None:
    """A version with escape sequences and a line that is a command to the CI, shown by all that shows it."""
    root = copy_repository(tmp_path / "a copy")
    for name in (PIP, ALL):
        edit = root / name / "buildpack.toml"
        edit.write_text(
            re.sub(r'(?m)^version = "[^"]*"', lambda _: f'version = "{HOSTILE}"', edit.read_text(), count=1)
        )
    entry = root / ALL / "buildpack.toml"
    entry.write_text(
        entry.read_text().replace(
            "[[order.group]]", f'[[order.group]]\nid = "x{HOSTILE}"\nversion = "1"\n\n[[order.group]]', 1
        )
    )
    done = inv(*command.split(), cwd=root)
    for text in (done.stdout, done.stderr):
        assert all(char.isprintable() or char == "\n" for char in text)
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
    assert "\\x1b[31m" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
