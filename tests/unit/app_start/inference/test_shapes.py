"""Each shape of an app starts what it has to, says why, and never starts something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.app_shapes import SHAPES

if TYPE_CHECKING:
    from support.start_builds import App


@pytest.mark.parametrize("name", SHAPES)
def test_shape(app: App, name: str) -> None:
    shape = SHAPES[name]
    app.write(shape.files).install(*shape.installed, programs=shape.scripts)
    processes = app.build(**shape.variables)
    default = {kind: shown for kind, shown in processes.items() if kind.startswith("*")}
    others = {kind: shown for kind, shown in processes.items() if not kind.startswith("*")}
    assert default == ({f"*{shape.type}": shape.starts} if shape.starts else {}), app.printed
    assert shape.processes.items() <= others.items(), app.printed
    for words in shape.said:
        assert words in app.text
    for words in shape.silent:
        assert words not in app.text
    directories = {one.get("working-dir", "") for one in app.processes() if one.get("default")}
    assert directories <= {str(app.directory / shape.directory) if shape.directory else ""}
