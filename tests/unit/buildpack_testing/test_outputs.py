"""What the lifecycle refuses must be refused here, and what it drops silently must be dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api.layers import LayerTypes
from buildpack_testing.failure import LifecycleCode, PhaseError
from buildpack_testing.image_store import ProcessRecord
from buildpack_testing.outputs import BuildpackOutput, read_outputs

if TYPE_CHECKING:
    from pathlib import Path

_CDX = "application/vnd.cyclonedx+json"
_TWO_DEFAULTS = "".join(f'[[processes]]\ntype = "{name}"\ncommand = ["x"]\ndefault = true\n' for name in "ab")


def _read(directory: Path) -> BuildpackOutput:
    return read_outputs(directory, plan_names={"x"}, sbom_formats=[_CDX])


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.toml", "launch = true", r"belong into \[types\]"),
        ("a.toml", '[types]\nlaunch = "yes"', "launch of types of a.toml is not a boolean"),
        ("a.toml", "[types", "not valid TOML"),
        ("launch.toml", '[[processes]]\ntype = "web"\ncommand = "python"', "not a list"),
        ("launch.toml", '[[processes]]\ntype = "web"\ncommand = ["x"]\ndirect = true', "no direct"),
        ("launch.toml", '[[processes]]\ntype = "web"\ncommand = ["x"]\nDirect = true', "no direct"),
        ("launch.toml", '[[processes]]\ntype = "a"\ncommand = [1]', "not a string"),
        ("launch.toml", '[[slices]]\npaths = "x"', "not a list"),
        ("launch.toml", 'labels = ["x"]', "not a table"),
        ("a.toml", "[metadata]\nx = 9223372036854775808", "more than 64 bits"),
        (
            "launch.toml",
            _TWO_DEFAULTS,
            "more than one process is the default",
        ),
        ("launch.toml", '[[processes]]\ntype = "a"\ncommand = ["x"]\ndefault = "true"', "not a boolean"),
        ("launch.toml", '[[processes]]\ntype = "a"\ncommand = ["x"]\nargs = "abc"', "not a list"),
        ("launch.toml", '[[processes]]\ntype = "a"\ncommand = ["x"]\nargs = [1]', "not a string"),
        ("launch.toml", '[[processes]]\ntype = "a"\ncommand = ["x"]\nworking-dir = 1', "not a string"),
        ("launch.toml", '[[labels]]\nkey = "a"\nvalue = 1', "value of labels of launch.toml is not a string"),
        ("build.toml", 'unmet = "x"', "left output"),
        ("build.toml", '[[unmet]]\nname = "y"', "y is not in its plan"),
        ("launch.sbom.foo.json", "{}", "unknown SBOM format"),
        ("build.sbom.spdx.json", "{}", "not in sbom-formats"),
    ],
)
def test_broken_output_is_refused_with_code_52(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(PhaseError, match=told) as refused:
        _read(tmp_path)
    assert refused.value.code is LifecycleCode.BUILD_OUTPUT


@pytest.mark.parametrize("name", ["a.sbom.foo.json", "launch.sbom.txt"])
def test_an_sbom_of_no_layer_and_one_that_is_no_json_are_not_looked_at(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    assert _read(tmp_path).layers == ()


@pytest.mark.parametrize("text", ["", "command = []", 'command = [""]'])
def test_a_process_without_a_command_is_no_fault_of_the_build(tmp_path: Path, text: str) -> None:
    """The launcher is who refuses it."""
    (tmp_path / "launch.toml").write_text(f'[[processes]]\ntype = "a b"\n{text}\n')
    assert [one.type for one in _read(tmp_path).processes] == ["a b"]


def test_keys_count_in_any_case(tmp_path: Path) -> None:
    """Those of the specification; but at the top of a layer's file `Launch` is a key that nobody knows."""
    (tmp_path / "a.toml").write_text("\ufeff[Types]\nLAUNCH = true\n[METADATA]\nOwn = 1\n")
    (tmp_path / "b.toml").write_text("Launch = true\n")
    (tmp_path / "launch.toml").write_text('[[Processes]]\nTYPE = "web"\nCommand = ["x"]\nWorking-Dir = "/"\n')
    output = _read(tmp_path)
    assert [(one.name, one.metadata) for one in output.layers] == [("a", {"Own": 1})]
    assert output.processes == (ProcessRecord("web", ("x",), working_dir="/"),)


def test_launch_toml_is_of_a_layer_only_beside_its_directory(tmp_path: Path) -> None:
    """Whatever types it has."""
    (tmp_path / "launch.toml").write_text("[types]\nlaunch = true\n")
    assert _read(tmp_path).layers == ()
    (tmp_path / "launch").mkdir()
    assert [one.name for one in _read(tmp_path).layers] == ["launch"]


def test_a_file_in_a_layers_place_is_its_contents(tmp_path: Path) -> None:
    """It is archived; without types it is renamed, as a directory is."""
    for name in "ab":
        (tmp_path / name).touch()
    (tmp_path / "a.toml").write_text("[types]\nlaunch = true\n")
    (tmp_path / "b.toml").touch()
    assert [one.has_contents for one in _read(tmp_path).layers] == [True]
    assert (tmp_path / "b.ignore").is_file()


def test_a_buildpack_may_leave_less_than_nothing(tmp_path: Path) -> None:
    """Its own directory removed, or a directory called like a file."""
    assert _read(tmp_path / "gone").layers == ()
    (tmp_path / "store.toml").mkdir()
    assert _read(tmp_path).store is None


def test_a_label_may_lack_its_key(tmp_path: Path) -> None:
    """Then it has an empty one."""
    (tmp_path / "launch.toml").write_text('[[labels]]\nvalue = "x"\n')
    assert _read(tmp_path).labels == {"": "x"}


def test_a_layer_without_types_finds_its_new_name_taken(tmp_path: Path) -> None:
    """The lifecycle cannot rename it either."""
    for name in ("a", "a.ignore"):
        (tmp_path / name).mkdir()
    (tmp_path / "a.toml").touch()
    with pytest.raises(PhaseError, match=r"a\.ignore is there already") as refused:
        _read(tmp_path)
    assert refused.value.code is LifecycleCode.BUILD_OUTPUT


def test_a_layer_without_types_is_renamed(tmp_path: Path) -> None:
    """It is what happens to a restored layer whose buildpack forgot to write its types again."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a.toml").write_text("[metadata]\nx = 1\n")
    output = _read(tmp_path)
    assert output.layers == ()
    assert output.ignored == ("a.ignore",)
    assert not (tmp_path / "a").exists()


def test_a_directory_without_toml_is_no_layer(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert _read(tmp_path).ignored == ("a",)
    assert _read(tmp_path).layers == ()


def test_a_layer_is_read_with_its_sboms(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[types]\nlaunch = true\n[metadata]\nx = 'y'\n")
    (tmp_path / "a.sbom.cdx.json").write_text("{}")
    (tmp_path / "store.toml").write_text("[metadata]\nkept = 'always'\n")
    output = _read(tmp_path)
    (layer,) = output.layers
    assert (layer.types, layer.metadata) == (LayerTypes(launch=True), {"x": "y"})
    assert layer.sboms == {"cdx.json": "{}"}
    assert output.store == {"kept": "always"}
