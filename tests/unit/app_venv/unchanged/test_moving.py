"""What is offered of an environment that was set aside, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app_venv.environment.installed import installed_distributions
from app_venv.environment.records import recorded_hash
from app_venv.unchanged.moving import NotAsOfferedError, UnchangedParts, set_aside, take_inventory
from app_venv.unchanged.ownership import own_files, read_tree
from buildpack_api.interpreter import Interpreter
from buildpack_api.layers import LayerKey, Layers, LayerTypes

if TYPE_CHECKING:
    from collections.abc import Collection

    from app_venv.unchanged.inventory import Inventory
    from buildpack_api.layers import Layer

SITE = "lib/python3.13/site-packages"
PYTHON = Interpreter(Path("/python"), "3.13.1", "3.13", "3.13.1 (main)")
FOR = ("4",)


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    """A layer with an environment, in which pkg is, with byte code."""
    layer = Layers(tmp_path).open("venv", LayerKey())
    files = {
        "pkg.py": "A = 1",
        "__pycache__/pkg.cpython-313.pyc": "code",
        "pkg-1.0.dist-info/METADATA": "Name: pkg\nVersion: 1.0",
    }
    for name, text in files.items():
        path = layer.path / "venv" / SITE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    record = "pkg.py,,\npkg-1.0.dist-info/METADATA,,\npkg-1.0.dist-info/RECORD,,\n"
    (layer.path / "venv" / SITE / "pkg-1.0.dist-info/RECORD").write_text(record)
    layer.save(LayerTypes(cache=True))
    return layer


def inventory(
    layer: Layer,
    python: Interpreter = PYTHON,
    *,
    parts: UnchangedParts | None = None,
    linked: Collection[str] = (),
) -> Inventory:
    """List what may be moved of pkg and of twin."""
    venv, parts = layer.path / "venv", parts or UnchangedParts()
    found, tree = installed_distributions(venv / SITE), read_tree(venv)
    own, identities = own_files(venv, tree, found, linked), {"pkg": "sha256:ab", "twin": "sha256:cd"}
    return take_inventory(
        venv, tree, own, parts, distributions=found, identities=identities, made_for=FOR, python=python
    )


def move(parts: UnchangedParts, venv: Path) -> None:
    parts.announce(venv, ["pkg"])
    parts.complete(venv)


def names(venv: Path) -> list[str]:
    return sorted(path.name for path in venv.rglob("*") if path.is_file())


def test_a_distribution_is_moved_whole_and_nothing_else_is_left(layer: Layer) -> None:
    listed, venv = inventory(layer), layer.path / "venv"
    with set_aside(layer, venv, listed, made_for=FOR, python=PYTHON) as parts:
        assert not layer.metadata_file.exists()
        assert list(layer.path.iterdir()) == []
        parts.announce(venv, ["pkg"])
        assert names(venv) == ["METADATA", "RECORD"]
        parts.complete(venv)
    assert names(venv) == ["METADATA", "RECORD", "pkg.cpython-313.pyc", "pkg.py"]
    assert [path.name for path in layer.path.parent.iterdir()] == ["venv"]
    assert inventory(layer, parts=parts) == listed


@pytest.mark.parametrize(
    ("python", "with_bytecode"),
    [
        (PYTHON, True),
        (Interpreter(PYTHON.executable, "3.13.2", "3.13", "3.13.2 (main)"), False),
        (Interpreter(PYTHON.executable, "3.13.1", "3.13", "3.13.1 (other)"), False),
        (Interpreter(PYTHON.executable, "3.10.1", "3.10", "3.10.1 (main)"), False),
    ],
)
def test_byte_code_is_moved_only_if_this_python_would_make_it(
    layer: Layer,
    python: Interpreter,
    with_bytecode: bool,
) -> None:
    made_with = python if python.minor == "3.10" else PYTHON
    listed, venv = inventory(layer, made_with), layer.path / "venv"
    with set_aside(layer, venv, listed, made_for=FOR, python=python) as parts:
        move(parts, venv)
    assert ("pkg.cpython-313.pyc" in names(venv)) is with_bytecode


def test_nothing_is_offered_of_what_was_made_for_something_else(layer: Layer) -> None:
    listed = inventory(layer)
    with set_aside(layer, layer.path / "venv", listed, made_for=("5",), python=PYTHON) as parts:
        assert not parts.offered
    with set_aside(layer, layer.path / "venv", None, made_for=FOR, python=PYTHON) as parts:
        assert not parts.offered


def test_what_an_interrupted_build_has_set_aside_is_never_used(layer: Layer) -> None:
    listed, venv = inventory(layer), layer.path / "venv"
    left = layer.path.with_name(".venv.partial")
    venv.rename(left)
    with set_aside(layer, venv, listed, made_for=FOR, python=PYTHON) as parts:
        assert not parts.offered
        assert not left.exists()


@pytest.mark.parametrize("place", [f"{SITE}/pkg.py", SITE, f"{SITE}/pkg-1.0.dist-info/METADATA"])
def test_what_is_in_the_way_ends_it(layer: Layer, place: str) -> None:
    """A distribution that comes in has a file of that name, too, or the tool has replaced the metadata."""
    listed, venv = inventory(layer), layer.path / "venv"
    with set_aside(layer, venv, listed, made_for=FOR, python=PYTHON) as parts:
        (venv / place).parent.mkdir(parents=True)
        (venv / place).write_text("another")
        with pytest.raises(NotAsOfferedError):
            move(parts, venv)


@pytest.mark.parametrize("name", ["METADATA", "RECORD"])
@pytest.mark.parametrize("is_gone", [True, False])
def test_a_tool_that_changes_what_is_announced_ends_it(layer: Layer, name: str, is_gone: bool) -> None:
    listed, venv = inventory(layer), layer.path / "venv"
    with set_aside(layer, venv, listed, made_for=FOR, python=PYTHON) as parts:
        parts.announce(venv, ["pkg"])
        path = venv / SITE / "pkg-1.0.dist-info" / name
        path.unlink() if is_gone else path.write_text("another")
        with pytest.raises(NotAsOfferedError):
            parts.complete(venv)


def link(layer: Layer) -> Path:
    """Let pkg.py be a link, as heavy files are."""
    path = layer.path / "venv" / SITE / "pkg.py"
    path.unlink()
    path.symlink_to("../elsewhere/pkg.py")
    return path


def test_links_are_moved_if_they_lead_somewhere(layer: Layer) -> None:
    path, venv = link(layer), layer.path / "venv"
    listed = inventory(layer, linked={"pkg"})
    with set_aside(layer, venv, listed, made_for=FOR, python=PYTHON, linked={"pkg"}) as parts:
        move(parts, venv)
        assert parts.has_links("pkg")
    assert str(path.readlink()) == "../elsewhere/pkg.py"
    with set_aside(layer, venv, listed, made_for=FOR, python=PYTHON) as parts:
        assert parts.offered == {}


def test_another_link_is_not_moved_and_none_that_is_not_known(layer: Layer) -> None:
    path, venv = link(layer), layer.path / "venv"
    assert inventory(layer).distributions == ()
    listed = inventory(layer, linked={"pkg"})
    path.unlink()
    path.symlink_to("/etc/passwd")
    with set_aside(layer, venv, listed, made_for=FOR, python=PYTHON, linked={"pkg"}) as parts:
        assert parts.offered == {}


def twins(layer: Layer) -> Inventory:
    """Let pkg and twin have the same command."""
    venv = layer.path / "venv"
    info = venv / SITE / "twin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: twin\nVersion: 1.0")
    (venv / "bin").mkdir()
    (venv / "bin/pkg").write_text("#!python")
    line = f"../../../bin/pkg,{recorded_hash(b'#!python')},8\n"
    (info / "RECORD").write_text(f"{line}twin-1.0.dist-info/METADATA,,\ntwin-1.0.dist-info/RECORD,,\n")
    with (venv / SITE / "pkg-1.0.dist-info/RECORD").open("a") as record:
        record.write(line)
    return inventory(layer)


def test_two_that_have_the_same_file_are_moved_together(layer: Layer) -> None:
    listed, venv = twins(layer), layer.path / "venv"
    with set_aside(layer, venv, listed, made_for=FOR, python=PYTHON) as parts:
        parts.announce(venv, ["pkg", "twin"])
        parts.complete(venv)
    assert (venv / "bin/pkg").read_text() == "#!python"
    assert inventory(layer) == listed


@pytest.mark.parametrize(
    ("text", "mode"), [("#!python", 0o644), ("#!other", 0o644), ("#!python", 0o755), ("", 0)]
)
def test_one_of_them_is_moved_only_beside_what_the_other_installs_anew(
    layer: Layer, text: str, mode: int
) -> None:
    """Without the other one the file may have other permissions, and with another version other contents."""
    twins(layer)
    venv = layer.path / "venv"
    (venv / "bin/pkg").chmod(0o644)
    listed = inventory(layer)
    with set_aside(layer, venv, listed, made_for=FOR, python=PYTHON) as parts:
        if text:
            (venv / "bin").mkdir(parents=True)
            (venv / "bin/pkg").write_text(text)
            (venv / "bin/pkg").chmod(mode)
        if (text, mode) == ("#!python", 0o644):
            move(parts, venv)
        else:
            with pytest.raises(NotAsOfferedError):
                move(parts, venv)


def test_metadata_of_both_are_not_moved_for_one_alone(layer: Layer) -> None:
    """They are there before anything else is: that is no sign of the other one."""
    twins(layer)
    venv = layer.path / "venv"
    (venv / SITE / "both.dist-info").mkdir()
    (venv / SITE / "both.dist-info/LICENSE").touch()
    for name in ("pkg", "twin"):
        with (venv / SITE / f"{name}-1.0.dist-info/RECORD").open("a") as record:
            record.write(f"both.dist-info/LICENSE,{recorded_hash(b'')},0\n")
    listed = inventory(layer)
    assert len(listed.distributions) == len(listed.distributions[0].shared) == 2
    with set_aside(layer, venv, listed, made_for=FOR, python=PYTHON) as parts:
        (venv / "bin").mkdir(parents=True)
        (venv / "bin/pkg").write_text("#!python")
        with pytest.raises(NotAsOfferedError):
            move(parts, venv)


def test_a_shared_file_that_is_not_as_recorded_keeps_both(layer: Layer) -> None:
    twins(layer)
    (layer.path / "venv/bin/pkg").write_text("#!changed")
    assert not inventory(layer).distributions
