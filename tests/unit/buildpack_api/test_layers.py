from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from buildpack_api import toml
from buildpack_api.layer_env import override
from buildpack_api.layers import Layer, LayerKey, Layers, LayerTypes, SbomFormat

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Key(LayerKey):
    """What the layer of these tests depends on."""

    python: str = field(default="3.12.1", metadata={"label": "Python"})


def restore(root: Path, metadata: str = '[metadata]\npython = "3.12.1"\n', *, contents: bool = True) -> None:
    """Leave what the lifecycle brings back: metadata without types, and contents."""
    (root / "x.toml").write_text(metadata)
    if contents:
        (root / "x").mkdir()
        (root / "x/file").touch()


def open_layer(root: Path, python: str = "3.12.1") -> Layer:
    return Layers(root).open("x", Key(python))


def test_nothing_restored_is_neither_reusable_nor_a_reason(tmp_path: Path) -> None:
    layer = open_layer(tmp_path)
    assert (layer.restored, layer.reusable, layer.reasons) == (False, False, ())


def test_an_equal_key_with_contents_is_reusable(tmp_path: Path) -> None:
    restore(tmp_path)
    layer = open_layer(tmp_path)
    assert (layer.restored, layer.reusable, layer.reasons) == (True, True, ())


def test_another_key_is_the_reason(tmp_path: Path) -> None:
    restore(tmp_path)
    layer = open_layer(tmp_path, "3.13.0")
    assert (layer.restored, layer.reusable) == (True, False)
    assert layer.reasons == ("Python: 3.12.1 -> 3.13.0",)


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ("", "its metadata was not restored"),
        ("[types]\nlaunch = true\n", "its metadata was not restored"),
        ("metadata = 1\n", "its metadata was not restored"),
        ("[metadata", "its metadata cannot be read"),
        ("[metadata]\npython = 3\n", "its metadata is malformed"),
        ("[metadata]\n", "its metadata is that of another version of this buildpack"),
    ],
)
def test_broken_metadata_is_one_reason(tmp_path: Path, metadata: str, reason: str) -> None:
    restore(tmp_path, metadata)
    assert open_layer(tmp_path).reasons == (reason,)


def test_missing_contents_are_a_reason(tmp_path: Path) -> None:
    """The lifecycle brings back metadata alone for layers that are not cached."""
    restore(tmp_path, contents=False)
    assert open_layer(tmp_path).reasons == ("its contents were not restored",)


def test_contents_without_metadata_are_what_an_interrupted_build_leaves(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert open_layer(tmp_path).reasons == ("its metadata was not restored",)


def test_a_link_is_no_contents(tmp_path: Path) -> None:
    restore(tmp_path, contents=False)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "x").symlink_to(tmp_path / "elsewhere")
    assert open_layer(tmp_path).reasons == ("its contents were not restored",)


def test_clear_leaves_an_empty_directory_and_no_trace_beside_it(tmp_path: Path) -> None:
    restore(tmp_path)
    (tmp_path / "x.sbom.cdx.json").touch()
    assert open_layer(tmp_path).clear() == tmp_path / "x"
    assert [path.name for path in tmp_path.rglob("*")] == ["x"]


def test_an_interrupted_clear_has_already_forgotten_the_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore(tmp_path)

    def interrupt(path: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.rmtree", interrupt)
    with pytest.raises(KeyboardInterrupt):
        open_layer(tmp_path).clear()
    assert (tmp_path / "x/file").exists()
    assert not open_layer(tmp_path).reusable


def test_save_writes_types_and_key_and_makes_the_layer_reusable(tmp_path: Path) -> None:
    layer = open_layer(tmp_path)
    layer.clear()
    layer.save(LayerTypes(build=True, cache=True))
    assert toml.load(tmp_path / "x.toml") == {
        "types": {"launch": False, "build": True, "cache": True},
        "metadata": {"python": "3.12.1"},
    }
    assert open_layer(tmp_path).reusable


def test_a_reused_layer_gets_its_types_again_since_they_are_not_restored(tmp_path: Path) -> None:
    restore(tmp_path)
    open_layer(tmp_path).save(LayerTypes(launch=True))
    assert toml.load(tmp_path / "x.toml")["types"]["launch"] is True


@pytest.mark.parametrize("types", [LayerTypes(build=True), LayerTypes(cache=True, launch=True)])
def test_a_layer_without_contents_cannot_be_saved_for_build_or_cache(
    tmp_path: Path, types: LayerTypes
) -> None:
    with pytest.raises(ValueError, match="without a directory"):
        open_layer(tmp_path).save(types)
    assert not list(tmp_path.iterdir())


def test_write_env_changes_no_contents(tmp_path: Path) -> None:
    restore(tmp_path)
    layer = open_layer(tmp_path)
    layer.write_env(override("A", "1"))
    assert (layer.path / "file").exists()
    assert (layer.path / "env/A.override").read_text() == "1"
    assert layer.reusable


def test_sboms_lie_beside_the_layer(tmp_path: Path) -> None:
    layer = Layers(tmp_path, sbom_formats=[SbomFormat.SPDX.value]).open("x", Key())
    layer.write_sbom(SbomFormat.SPDX, {"b": 1, "a": "é"})
    assert (tmp_path / "x.sbom.spdx.json").read_text() == '{\n  "a": "\\u00e9",\n  "b": 1\n}\n'
    layer.write_sbom(SbomFormat.SPDX, "as it is")
    assert (tmp_path / "x.sbom.spdx.json").read_text() == "as it is"


def test_a_format_that_is_not_declared_is_refused(tmp_path: Path) -> None:
    layer = Layers(tmp_path, sbom_formats=[]).open("x", Key())
    with pytest.raises(ValueError, match="sbom-formats"):
        layer.write_sbom(SbomFormat.CYCLONEDX, {})


def test_names_are_held_against_those_opened_before(tmp_path: Path) -> None:
    layers = Layers(tmp_path)
    layers.open("py", Key())
    layers.open("py_x", Key())
    with pytest.raises(ValueError, match="opened twice"):
        layers.open("py", Key())
    with pytest.raises(ValueError, match="order them differently"):
        layers.open("py-venv", Key())
    with pytest.raises(ValueError, match="layer name"):
        layers.open("py3.13", Key())
