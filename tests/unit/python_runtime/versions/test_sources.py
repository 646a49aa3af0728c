"""All sources are found, in a fixed order, and each says where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import ConfigurationError
from buildpack_api.plan import VersionConstraint
from python_runtime.versions.sources import find_requests

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_common.runtimes_catalogue import RuntimesCatalogue


def test_every_source_counts(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    (tmp_path / ".python-version").write_text("3.12\n")
    (tmp_path / "runtime.txt").write_text("python-3.12.4\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.11"\n')
    (tmp_path / "uv.lock").write_text('requires-python = ">=3.11"\n')
    merged = (VersionConstraint("3.*", "package.json"), VersionConstraint(">=3.9"))

    found = find_requests(tmp_path, {"BP_PYTHON_VERSION": " 3.12 "}, merged, catalogue)

    assert [str(request) for request in found.requests] == [
        "BP_PYTHON_VERSION: 3.12",
        ".python-version: 3.12",
        "runtime.txt: 3.12.4",
        "pyproject.toml ([project] requires-python): >=3.11",
        "uv.lock (requires-python): >=3.11",
        "build plan (package.json): 3.*",
        "build plan (a buildpack that requires python): >=3.9",
    ]
    assert [title for title, _ in found.notices] == ["runtime.txt is a file of the past"]


def test_no_source_is_no_request(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    found = find_requests(tmp_path, {"BP_PYTHON_VERSION": "  "}, (), catalogue)

    assert (found.requests, found.notices) == ((), ())


@pytest.mark.parametrize("value", ["3", "latest", "python-3.12", "3.12\x1b[31m", "^3.12"])
def test_a_faulty_variable_shows_the_value_and_the_three_forms(
    value: str, catalogue: RuntimesCatalogue, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="BP_PYTHON_VERSION is not a Python version") as caught:
        find_requests(tmp_path, {"BP_PYTHON_VERSION": value}, (), catalogue)

    assert "\x1b" not in caught.value.detail
    assert value.partition("\x1b")[0] in caught.value.detail
    assert all(form in caught.value.advice for form in ("(3.14)", "(3.14.2)", ">="))


@pytest.mark.parametrize(
    ("value", "reason", "meant"),
    [
        ("python-3.12", "without a prefix", "3.12"),
        ("^3.12", "As a specifier of PEP 440 that is >=3.12,<4", "3.14"),
        ("3.12\u200b", "U+200B ZERO WIDTH SPACE", "3.12"),
        ("3.16.0rc1", "Pre-releases", "3.14"),
    ],
)
def test_a_faulty_variable_is_explained_and_its_value_suggested(
    value: str, reason: str, meant: str, catalogue: RuntimesCatalogue, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_requests(tmp_path, {"BP_PYTHON_VERSION": value}, (), catalogue)

    assert reason in caught.value.detail
    assert caught.value.advice.splitlines()[-1] == f"BP_PYTHON_VERSION={meant}"


def test_a_file_of_that_name_that_is_not_about_versions_is_left_alone(
    catalogue: RuntimesCatalogue, tmp_path: Path
) -> None:
    """Runtime.txt is an ordinary name: a directory, or a long text."""
    (tmp_path / "runtime.txt").mkdir()
    assert find_requests(tmp_path, {}, (), catalogue).requests == ()
    (tmp_path / "runtime.txt").rmdir()
    (tmp_path / "runtime.txt").write_text("python is the runtime of this app\n" * 10_000)
    assert find_requests(tmp_path, {}, (), catalogue).requests == ()


def test_a_faulty_wish_names_its_source(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'newest'") as caught:
        find_requests(tmp_path, {}, [VersionConstraint("newest", "Pipfile")], catalogue)

    assert caught.value.detail == "Source: Pipfile"


def test_a_dangling_version_file_is_not_overlooked(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    (tmp_path / ".python-version").symlink_to("nowhere")

    with pytest.raises(ConfigurationError, match="leads nowhere"):
        find_requests(tmp_path, {}, (), catalogue)
