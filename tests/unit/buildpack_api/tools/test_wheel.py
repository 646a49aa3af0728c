"""A damaged buildpack or a Python that is too old: one clear error each, before anything is installed."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from buildpack_api.errors import BuildpackError, PlatformError
from buildpack_api.interpreter import Interpreter
from buildpack_api.tools.wheel import ToolWheel, bundled_wheel, check_supports


def interpreter(version: str) -> Interpreter:
    return Interpreter(Path("/bin/python3"), version, version.rpartition(".")[0], f"{version} (main)")


def write_wheel(directory: Path, name: str, members: dict[str, str]) -> Path:
    path = directory / name
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    return path


def pip_wheel(directory: Path, headers: str = "") -> ToolWheel:
    """Write a wheel with these headers in its metadata."""
    text = f"Metadata-Version: 2.4\nName: pip\n{headers}\nRequires-Python: of the text\n"
    write_wheel(directory, "pip-26.3-py3-none-any.whl", {"pip-26.3.dist-info/METADATA": text})
    return bundled_wheel(directory, "pip")


def test_the_wheel_tells_its_version_and_which_pythons_it_runs_with(tmp_path: Path) -> None:
    wheel = pip_wheel(tmp_path, "Requires-Python: >=3.10\n")
    digest = hashlib.sha256(wheel.path.read_bytes()).hexdigest()
    assert wheel == ToolWheel(tmp_path / "pip-26.3-py3-none-any.whl", "pip", "26.3", digest)
    assert wheel.requires_python == ">=3.10"


@pytest.mark.parametrize("names", [[], ["pip-1-py3-none-any.whl", "pip-2-py3-none-any.whl"]])
def test_anything_but_one_wheel_is_a_damaged_buildpack(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(BuildpackError, match=f"holds {len(names)} wheels of pip instead of one"):
        bundled_wheel(tmp_path, "pip")


def test_a_file_that_is_no_wheel_is_named(tmp_path: Path) -> None:
    (tmp_path / "pip-26.3-py3-none-any.whl").write_text("no zip")
    with pytest.raises(BuildpackError, match=r"pip-26\.3-py3-none-any\.whl is not a wheel of pip 26\.3"):
        check_supports(bundled_wheel(tmp_path, "pip"), interpreter("3.14.0"))


@pytest.mark.parametrize("version", ["3.10.0", "3.14.2", "3.15.0"])
def test_supported_pythons_pass(tmp_path: Path, version: str) -> None:
    check_supports(pip_wheel(tmp_path, "Requires-Python: >=3.10\n"), interpreter(version))


def test_an_old_python_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=r"pip 26\.3 does not run with Python 3\.9\.18") as refused:
        check_supports(pip_wheel(tmp_path, "Requires-Python: >=3.10\n"), interpreter("3.9.18"))
    assert "/bin/python3" in refused.value.detail
    assert ".python-version" in refused.value.advice


def test_a_wheel_that_says_nothing_runs_with_any_python(tmp_path: Path) -> None:
    check_supports(pip_wheel(tmp_path), interpreter("3.10.0"))


def test_metadata_that_make_no_sense_are_named(tmp_path: Path) -> None:
    """The package index may give anything."""
    with pytest.raises(BuildpackError, match=r"is not a wheel of pip 26\.3"):
        check_supports(pip_wheel(tmp_path, "Requires-Python: of course\n"), interpreter("3.14.0"))


def test_metadata_without_end_are_refused(tmp_path: Path) -> None:
    """A few kilobytes would be gigabytes in memory."""
    path = tmp_path / "pip-26.3-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("pip-26.3.dist-info/METADATA", bytes(17 << 20))
    with pytest.raises(BuildpackError) as caught:
        check_supports(bundled_wheel(tmp_path, "pip"), interpreter("3.14.0"))
    assert "more than 16 MiB" in caught.value.detail
