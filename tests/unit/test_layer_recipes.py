"""Whoever changes what fills a layer decides whether the layers that users have are still right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.layer_recipes import COMMAND, PINS, RECIPES, ROOT, Recipe, Sources, closure, current, digest
from support.sample_repository import write

if TYPE_CHECKING:
    from pathlib import Path

ADVICE = (
    "what fills the layer of {name} has changed: raise RECIPE in {place} if the layer has other contents now,"
    f" or update this line of {PINS.relative_to(ROOT)}; in both cases run: {COMMAND}"
)


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(ROOT)


@pytest.mark.parametrize("name", RECIPES)
def test_a_change_in_what_fills_a_layer_raises_its_recipe(name: str, sources: Sources) -> None:
    """Protects users from a layer that an older version of the buildpack has made, and this one would not."""
    module, _ = RECIPES[name].place
    place = sources.modules[module].path.relative_to(ROOT)
    assert current(sources)[name] == json.loads(PINS.read_text("utf-8"))[name], ADVICE.format(
        name=name, place=place
    )


@pytest.mark.parametrize(
    ("name", "makers"),
    [
        (
            "strata/python-runtime",
            {
                "unpack.unpack",
                "prune.wanted",
                "sysconfig_files.adapt",
                "bytecode.compile_tree",
                "libraries.record",
            },
        ),
        ("strata/pip-tool", {"install._OPTIONS", "bytecode.compile_tree"}),
        ("strata/uv-tool", {"install.install_uv", "install._PROGRAMS"}),
        ("strata/poetry-tool", {"install._OPTIONS", "install._START", "bytecode.compile_tree"}),
        (
            "strata/app-venv",
            {"install._OPTIONS", "hint._SCRIPT", "checkouts.remove_metadata", "records.correct_record"}
            | {"normalisation.normalise_environment", "lock.read_lock"},
        ),
        ("strata/app-start", {"layer._PROGRAM"}),
    ],
)
def test_what_makes_a_layer_is_covered(name: str, makers: set[str], sources: Sources) -> None:
    """And failures, the choice of a version and the log are not: they change often."""
    covered = [".".join(one).split(".") for one, _ in closure(sources, RECIPES[name])]
    assert makers <= {".".join(parts[-2:]) for parts in covered}
    rooms = {room for parts in covered for room in parts[1:-1]}
    assert not rooms & {"failures", "versions", "summary", "output"}


FILL = """
import os
from sample.parts import FILES, write
from buildpack_api.output import Output

def fill(tree: str, output: Output) -> None:
    for name in FILES:
        write(tree, name)
    output.step("filled")
    if not FILES:
        raise ValueError("nothing to fill with")
"""
PARTS = """
FILES = ("a", "b")

def write(tree, name):
    print(tree, name)

def unused():
    pass
"""


def made_by(root: Path, **modules: str) -> str:
    for name, text in modules.items():
        write(root / f"buildpacks/x/src/sample/{name}.py", text)
    return digest(Sources(root), Recipe("sample", ("sample.fill", "RECIPE"), (("sample.fill", "fill"),)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import os\n", "# a comment\nimport sys\n"),
        ("    for name", '    """Fill it."""\n    for name'),
        ('output.step("filled")', 'output.detail("is full")'),
        ("nothing to fill with", "there is nothing"),
        ("tree: str, output: Output", "tree, output"),
        ("    pass", "    return 1"),
        (
            "from sample.parts import FILES, write",
            "from sample.parts import FILES\nfrom sample.parts import write",
        ),
    ],
)
def test_words_do_not_count(tmp_path: Path, old: str, new: str) -> None:
    before = made_by(tmp_path / "before", fill=FILL, parts=PARTS)
    assert old in FILL + PARTS
    assert made_by(tmp_path / "after", fill=FILL.replace(old, new), parts=PARTS.replace(old, new)) == before


@pytest.mark.parametrize(
    ("old", "new"), [('("a", "b")', '("a",)'), ("print(tree", "print(name"), ("not FILES", "FILES")]
)
def test_code_and_values_count(tmp_path: Path, old: str, new: str) -> None:
    """Wherever they are."""
    before = made_by(tmp_path / "before", fill=FILL.replace("raise", "return"), parts=PARTS)
    changed = FILL.replace("raise", "return").replace(old, new)
    assert made_by(tmp_path / "after", fill=changed, parts=PARTS.replace(old, new)) != before


def test_a_mere_move_does_not_count(tmp_path: Path) -> None:
    """Neither to another module, nor when that is then imported as a whole."""
    before = made_by(tmp_path / "before", fill=FILL, parts=PARTS)
    files = 'FILES = ("a", "b")'
    moved = FILL.replace("import FILES, write", "import write\nfrom sample.names import FILES")
    parts = PARTS.replace(files, "")
    assert made_by(tmp_path / "1", fill=moved, parts=parts, names=files) == before
    whole = FILL.replace("from sample.parts import FILES, write", "from sample import parts, names")
    whole = whole.replace("in FILES", "in names.FILES").replace("not FILES", "not names.FILES")
    whole = whole.replace("write(tree", "parts.write(tree")
    assert made_by(tmp_path / "2", fill=whole, parts=parts, names=files) == before


def test_a_root_that_is_gone_is_said(tmp_path: Path) -> None:
    """Otherwise nothing would be covered any more."""
    with pytest.raises(LookupError, match=r"sample\.fill\.fill is gone"):
        made_by(tmp_path, fill="")
