"""What apps ask for, and what the catalogue of this buildpack has for it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import ConfigurationError
from buildpack_api.target import Target
from python_runtime import catalogue as catalogues
from python_runtime.versions.choice import RuntimeChoice, choose
from python_runtime.versions.sources import find_requests

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).parents[4] / "buildpacks" / "python-runtime" / "data" / "runtimes.toml"
OWN = catalogues.load(DATA)
TODAY = dt.date(2026, 9, 1)


def chosen(app: Path, text: Mapping[str, str], arch: str = "amd64") -> RuntimeChoice:
    """Choose for an app with these files; a name in capitals is a variable."""
    app.mkdir(exist_ok=True)
    for name, content in text.items():
        if not name.isupper():
            (app / name).write_text(content, "utf-8")
    environment = {name: content for name, content in text.items() if name.isupper()}
    found = find_requests(app, environment, (), OWN)
    return choose(found.requests, OWN, Target("linux", arch), TODAY)


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ({"runtime.txt": "python-3.12.1\n"}, "3.12.1"),
        ({"runtime.txt": "python-3.10.2"}, "3.10.2"),
        ({".python-version": "3.10.13\n"}, "3.10.13"),
        ({".python-version": "3.11.1\n"}, "3.11.1"),
        ({"BP_PYTHON_VERSION": "3.10.7"}, "3.10.7"),
        ({"BP_PYTHON_VERSION": "3.12.0"}, "3.12.0"),
        (
            {"BP_PYTHON_VERSION": "3.10", "pyproject.toml": "[project]\nrequires-python = '<3.10.9'\n"},
            "3.10.8",
        ),
        ({"BP_PYTHON_VERSION": "3.13.0"}, "3.13.0"),
    ],
    ids=str,
)
def test_older_patches_that_apps_are_pinned_to_can_be_had(
    tmp_path: Path, asked: dict[str, str], version: str, arch: str
) -> None:
    choice = chosen(tmp_path / "app", asked, arch)

    assert (choice.runtime.version, choice.runtime.arch) == (version, arch)
    assert any("is available" in hint for hint in choice.hints)


@pytest.mark.parametrize("line", sorted(OWN.lines))
def test_a_line_alone_is_its_newest_patch_of_which_nothing_needs_to_be_said(
    tmp_path: Path, line: str
) -> None:
    choice = chosen(tmp_path / "app", {".python-version": line})

    assert (
        choice.runtime
        == [runtime for runtime in OWN.for_target("linux", "amd64") if runtime.line == line][-1]
    )
    assert choice.hints == ()


@pytest.mark.parametrize(
    ("version", "known", "advice"),
    [
        (
            "3.10.0",
            "It knows these versions of 3.10: 3.10.2 to 3.10.9, 3.10.11 to 3.10.",
            ", or for 3.10.2, the next one that there is an archive of.",
        ),
        ("3.10.10", "3.10.2 to 3.10.9, 3.10.11 to 3.10.", ", or for 3.10.11, the next one"),
        ("3.11.2", "versions of 3.11: 3.11.1, 3.11.3 to 3.11.", ", or for 3.11.3, the next one"),
        ("3.12.99", "versions of 3.12: 3.12.0 to 3.12.", ". If a newer one is released, use a newer version"),
    ],
)
def test_a_patch_that_was_never_published_is_told_from_one_that_is_too_new(
    tmp_path: Path, version: str, known: str, advice: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        chosen(tmp_path / "app", {".python-version": version})

    assert known in caught.value.detail
    assert len(caught.value.detail.splitlines()) == 1
    assert f"Ask for {version.rpartition('.')[0]} to get the newest patch" in caught.value.advice
    assert advice in caught.value.advice


def test_a_range_between_the_known_versions_shows_the_gap_in_one_line_for_each_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        chosen(tmp_path / "app", {"BP_PYTHON_VERSION": "==3.11.2"})

    known = caught.value.detail.partition("This buildpack knows:\n")[2].splitlines()
    assert len(known) == len(OWN.lines)
    assert known[1].startswith("  3.11.1, 3.11.3 to 3.11.")


@pytest.mark.parametrize(
    ("version", "hint"),
    [
        (
            "3.10.4",
            "never tried with an archive like that of Python 3.10.4 (shared libpython that needs libcrypt; ",
        ),
        ("3.13.5", "(static libpython, Tcl/Tk inside; release 20250723 of python-build-standalone)."),
        ("3.10.8", "This Python needs libcrypt.so.1 in the build image and in the run image."),
    ],
)
def test_what_is_special_about_an_archive_is_said_in_one_line(
    tmp_path: Path, version: str, hint: str
) -> None:
    (found,) = [line for line in chosen(tmp_path / "app", {".python-version": version}).hints if hint in line]

    assert "\n" not in found


@pytest.mark.parametrize("version", ["3.11.8", "3.12.3", "3.13.1"])
def test_an_archive_that_was_tried_and_needs_nothing_has_no_hint_of_its_own(
    tmp_path: Path, version: str
) -> None:
    (hint,) = chosen(tmp_path / "app", {".python-version": version}).hints

    assert "is available" in hint
