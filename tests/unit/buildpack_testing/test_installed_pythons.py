"""Only complete CPythons of the supported lines may become runtime archives."""

from __future__ import annotations

import shutil
from pathlib import Path

from buildpack_testing.installed_pythons import find_installed


def test_what_is_found_is_complete_and_sorted() -> None:
    found = find_installed()
    assert list(found) == sorted(found, key=lambda minor: int(minor.split(".")[1]))
    for minor, python in found.items():
        assert python.minor == minor
        assert int(minor.split(".")[1]) >= 10
        assert (python.stdlib / "ensurepip").is_dir()
        assert python.executable.exists()


def test_a_distributions_own_python_is_passed_over() -> None:
    """Its files are spread over the system: copying its prefix would copy half of /usr."""
    assert all(python.prefix != Path("/usr") for python in find_installed().values())


def test_wrappers_and_broken_programs_are_passed_over(tmp_path: Path) -> None:
    wrapper = tmp_path / "python3.12"
    wrapper.write_text("#!/bin/sh\necho not me\n")
    wrapper.chmod(0o755)
    shutil.copy("/bin/true", tmp_path / "python3.13")
    nowhere = {
        "PATH": str(tmp_path),
        "HOME": str(tmp_path),
        "PYENV_ROOT": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
    }
    assert all(not python.prefix.is_relative_to(tmp_path) for python in find_installed(nowhere).values())
