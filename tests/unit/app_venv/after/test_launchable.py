"""Scripts start wherever the environment lies; what the image will not have is noticed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from app_venv.after.launchable import make_scripts_start, outside
from app_venv.environment.installed import InstalledDistribution

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = "# -*- coding: utf-8 -*-\nimport sys\nprint(sys.argv[1:], __doc__ is None)\n"


def make_venv(directory: Path) -> Path:
    (directory / "bin").mkdir(parents=True)
    (directory / "bin" / "python").symlink_to(sys.executable)
    return directory


def script(venv: Path, name: str, first: str) -> Path:
    path = venv / "bin" / name
    path.write_text(f"{first}\n{SCRIPT}")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", ["with a blank", "l" * 150, "it's", "plain"])
def test_scripts_of_wheels_start_in_any_place(tmp_path: Path, name: str) -> None:
    venv = make_venv(tmp_path / name)
    path = script(venv, "tool", f"#!{venv}/bin/python")
    assert make_scripts_start(venv, ()) == ()
    done = subprocess.run([path, "a b"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("['a b'] ")
    assert path.stat().st_mode & 0o777 == 0o755


def test_what_starts_stays_as_it_is(tmp_path: Path) -> None:
    venv = make_venv(tmp_path / "v")
    first = ("#!/bin/sh", "#!/usr/bin/env python3", f"#!{venv}/bin/python", "\x7fELF", "")
    scripts = [script(venv, f"s{number}", line) for number, line in enumerate(first)]
    before = [one.read_bytes() for one in scripts]
    assert make_scripts_start(venv, ()) == ()
    assert [one.read_bytes() for one in scripts] == before


def test_a_script_whose_interpreter_is_gone_is_named(tmp_path: Path) -> None:
    """A wheel that was built with its builder's path in it."""
    venv = make_venv(tmp_path / "v")
    script(venv, "tool", "#!/build/env/bin/python")
    assert make_scripts_start(venv, ()) == ("tool",)


def test_records_of_changed_scripts_are_right(tmp_path: Path) -> None:
    venv = make_venv(tmp_path / "a b")
    script(venv, "tool", f"#!{venv}/bin/python")
    info = venv / "lib" / "python3" / "site-packages" / "x-1.dist-info"
    info.mkdir(parents=True)
    (info / "RECORD").write_text('"odd, name.py",,\n../../../bin/tool,sha256=old,10\nx.py,sha256=y,1\n')
    make_scripts_start(venv, [InstalledDistribution("x", "1", directory=info)])
    odd, tool, other = (info / "RECORD").read_text().splitlines()
    assert (odd, other) == ('"odd, name.py",,', "x.py,sha256=y,1")
    size = (venv / "bin" / "tool").stat().st_size
    assert tool.startswith("../../../bin/tool,sha256=")
    assert tool.endswith(f",{size}")
    assert "old" not in tool


def editable(tmp_path: Path, url: str, *, really: bool = True) -> InstalledDistribution:
    info = tmp_path / "info"
    info.mkdir(exist_ok=True)
    (info / "direct_url.json").write_text(json.dumps({"url": url, "dir_info": {"editable": really}}))
    return InstalledDistribution("mine", "1.0", fields={"name": ("mine",)}, directory=info)


def test_editable_installations_outside_the_image_are_named(tmp_path: Path) -> None:
    app = tmp_path / "the app"
    (app / "lib").mkdir(parents=True)
    inside = (app.as_uri(), (app / "lib").as_uri())
    assert [list(outside([editable(tmp_path, url)], [app])) for url in inside] == [[], []]
    elsewhere = editable(tmp_path, (tmp_path / "the app 2").as_uri())
    assert list(outside([elsewhere], [app])) == [f"mine 1.0 is imported from {tmp_path}/the app 2"]
    assert list(outside([editable(tmp_path, "file:///x", really=False)], [app])) == []
