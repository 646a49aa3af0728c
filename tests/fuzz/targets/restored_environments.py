"""An environment with the list of its files, as a registry of cache images gives them back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.unchanged.inventory import FILE, read_inventory
from app_venv.unchanged.moving import NotAsOfferedError, set_aside
from app_venv.unchanged.ownership import bytecode, read_tree
from buildpack_api.interpreter import Interpreter
from buildpack_api.layers import LayerKey, Layers
from fuzz.targets.common import Target, tree, write

if TYPE_CHECKING:
    import random

_PYTHON = Interpreter(Path("/python"), "3.13.1", "3.13", "3.13.1 (main)")
_SITE = "venv/lib/python3.13/site-packages"
_FILES = {
    f"{_SITE}/left.py": b"A = 1",
    f"{_SITE}/__pycache__/left.cpython-313.pyc": b"code",
    f"{_SITE}/left-1.0.dist-info/METADATA": b"Name: left",
    "venv/bin/left": b"#!python",
}


class RestoredEnvironments(Target):
    """What is moved is as it was listed and below the new environment; nothing of the old one is left."""

    name = "restored-environments"
    expected = ()
    tokens = (
        *(b"../", b"/etc/passwd", b".dist-info/", b"__pycache__/", b"lib/python3.13/site-packages/left.py"),
        *(b"420", b"-1", b"1e999", b"null", b'"\\udcff"', b'"\\u0000"', b"link/"),
        hashlib.sha256(b"A = 1").hexdigest().encode(),
    )

    def __init__(self) -> None:
        files = {
            path.removeprefix("venv/"): [0o644, len(text), hashlib.sha256(text).hexdigest()]
            for path, text in _FILES.items()
        }
        left = {
            "name": "left",
            "version": "1.0",
            "identity": "sha256:a",
            "requested": True,
            "files": files,
            "links": {},
        }
        listed = {"made_for": ["4"], "python": ["3.13.1", "3.13.1 (main)"], "distributions": [left]}
        self.seeds = [{FILE: json.dumps(listed, indent=1).encode(), **_FILES}]

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Move all that is offered, and look at what has come."""
        layers = place / "layers"
        root = write(files, layers / "venv")
        for path in root.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        if rng.random() < 0.2:
            (root / "venv").mkdir(exist_ok=True)
            (root / "venv" / "link").symlink_to(place)
        layer, venv = Layers(layers).open("venv", LayerKey()), root / "venv"
        inventory = read_inventory(root)
        with set_aside(layer, venv, inventory, made_for=("4",), python=_PYTHON) as parts:
            try:
                parts.announce(venv, sorted(parts.offered))
                parts.complete(venv)
            except NotAsOfferedError:
                return "not as offered"
            listed = {path: one for name in parts.moved for path, one in parts.offered[name].files.items()}
        moved = read_tree(venv).files if venv.is_dir() else {}
        left = frozenset() if parts.with_bytecode else bytecode(listed)
        assert set(moved) == listed.keys() - left, "something else was moved"
        for name in moved:
            digest = hashlib.sha256((venv / name).read_bytes()).hexdigest()
            assert digest == listed[name].sha256, "a file is not as it was listed"
        assert [path.name for path in layers.iterdir()] == ["venv"], "something is left"
        return tree(layers)
