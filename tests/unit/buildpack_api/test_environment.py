from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from buildpack_api.environment import build_environment, launch_environment, platform_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ACTIONS = ["", "append", "default", "override", "prepend"]  # the order of the file names of one variable
VARIABLES = ["PATH", "LD_LIBRARY_PATH", "CPATH", "X"]


@dataclass(frozen=True)
class LayerModel:
    """A layer in memory: ``files`` maps directory, variable and action (or "delim") to contents."""

    name: str
    directories: frozenset[str]
    files: dict[tuple[str, str, str], str]

    def write(self, root: Path) -> Path:
        layer = root / self.name
        for directory in self.directories:
            (layer / directory).mkdir(parents=True)
        for (directory, variable, action), content in self.files.items():
            path = layer / directory / (f"{variable}.{action}" if action else variable)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return layer


@dataclass(frozen=True)
class Operation:
    """One step on one variable, as the model sees it."""

    action: str
    value: str
    delimiter: str

    def apply(self, old: str) -> str:
        separator = self.delimiter if old else ""
        return {
            "": self.value,
            "override": self.value,
            "default": old or self.value,
            "prepend": self.value + separator + old,
            "append": old + separator + self.value,
        }[self.action]


def from_directories(root: Path, layer: LayerModel, variable: str, *, launch: bool) -> Iterator[Operation]:
    directory = {"PATH": "bin", "LD_LIBRARY_PATH": "lib", "CPATH": "include"}.get(variable)
    if directory in layer.directories and not (launch and variable == "CPATH"):
        yield Operation("prepend", f"{root}/{layer.name}/{directory}", ":")


def from_files(layer: LayerModel, directory: str, variable: str) -> Iterator[Operation]:
    delimiter = layer.files.get((directory, variable, "delim"), "")
    for action in ACTIONS:
        value = layer.files.get((directory, variable, action))
        if value is not None:
            yield Operation(action, value, delimiter)


def model_build(root: Path, layers: Sequence[LayerModel], variable: str) -> Iterator[Operation]:
    for layer in sorted(layers, key=lambda layer: layer.name + ".toml"):
        yield from from_directories(root, layer, variable, launch=False)
        for directory in ("env", "env.build"):
            yield from from_files(layer, directory, variable)


def model_launch(root: Path, layers: Sequence[LayerModel], variable: str) -> Iterator[Operation]:
    ordered = sorted(layers, key=lambda layer: layer.name)
    for layer in ordered:
        yield from from_directories(root, layer, variable, launch=True)
    for layer in ordered:
        for directory in ("env", "env.launch", "env.launch/web"):
            yield from from_files(layer, directory, variable)


FILES = st.dictionaries(
    st.tuples(
        st.sampled_from(["env", "env.build", "env.launch", "env.launch/web", "env.launch/worker"]),
        st.sampled_from(VARIABLES),
        st.sampled_from([*ACTIONS, "delim"]),
    ),
    st.sampled_from(["", "1", "2", " two words\n", ";"]),
    max_size=8,
)
LAYER = st.builds(
    LayerModel,
    st.text("ab-_", min_size=1, max_size=3),
    st.frozensets(st.sampled_from(["bin", "lib", "include", "share"])),
    FILES,
)
BUILDPACK = st.lists(LAYER, max_size=4, unique_by=lambda layer: layer.name)
BASE = st.dictionaries(st.sampled_from(VARIABLES), st.sampled_from(["", "/base", "/a:/b"]))


def fold(base: dict[str, str], operations: Iterator[Operation], variable: str) -> str:
    value = base.get(variable, "")
    for operation in operations:
        value = operation.apply(value)
    return value


@given(BASE, BUILDPACK)
def test_build_environment_is_that_of_the_model(base: dict[str, str], layers: list[LayerModel]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        actual = build_environment(base, [layer.write(root) for layer in layers])
        for variable in VARIABLES:
            expected = fold(base, model_build(root, layers, variable), variable)
            assert actual.get(variable, "") == expected, variable


@given(BASE, BUILDPACK, BUILDPACK)
def test_launch_environment_is_that_of_the_model(
    base: dict[str, str], first: list[LayerModel], second: list[LayerModel]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        roots = [Path(directory, "first"), Path(directory, "second")]
        groups = [
            [layer.write(roots[0]) for layer in first],
            [layer.write(roots[1]) for layer in second],
        ]
        actual = launch_environment(base, groups, "web")
        for variable in VARIABLES:
            between = fold(base, model_launch(roots[0], first, variable), variable)
            expected = fold({variable: between}, model_launch(roots[1], second, variable), variable)
            assert actual.get(variable, "") == expected, variable


def layer(root: Path, name: str, **files: str) -> Path:
    """Write a layer with a bin directory and files; in their names "__" is "/" and "_DOT_" is "."."""
    (root / name / "bin").mkdir(parents=True)
    for key, content in files.items():
        path = root / name / key.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root / name


def test_paths_interleave_at_build_and_come_before_all_bin_directories_at_launch(tmp_path: Path) -> None:
    """As observed with the lifecycle."""
    layers = [
        layer(tmp_path, name, env__PATH_DOT_prepend=f"P_{name}", env__PATH_DOT_delim=":")
        for name in ("b", "z", "a")
    ]
    root = str(tmp_path)
    built = build_environment({"PATH": "/base"}, layers)["PATH"].replace(root, "")
    launched = launch_environment({"PATH": "/base"}, [layers])["PATH"].replace(root, "")
    assert built == "P_z:/z/bin:P_b:/b/bin:P_a:/a/bin:/base"
    assert launched == "P_z:P_b:P_a:/z/bin:/b/bin:/a/bin:/base"


def test_build_and_launch_disagree_about_a_name_with_a_dash(tmp_path: Path) -> None:
    """The fault of the lifecycle for which layer names are checked."""
    layers = [layer(tmp_path, name) for name in ("py_x", "py", "py-venv")]
    built = build_environment({}, layers)["PATH"].replace(f"{tmp_path}/", "")
    launched = launch_environment({}, [layers])["PATH"].replace(f"{tmp_path}/", "")
    assert built == "py_x/bin:py/bin:py-venv/bin"
    assert launched == "py_x/bin:py-venv/bin:py/bin"


def test_lib_of_a_build_layer_also_serves_the_linker(tmp_path: Path) -> None:
    (tmp_path / "x/lib").mkdir(parents=True)
    (tmp_path / "x/pkgconfig").mkdir()
    expected = {
        "LD_LIBRARY_PATH": f"{tmp_path}/x/lib",
        "LIBRARY_PATH": f"{tmp_path}/x/lib",
        "PKG_CONFIG_PATH": f"{tmp_path}/x/pkgconfig",
    }
    assert build_environment({}, [tmp_path / "x"]) == expected
    assert launch_environment({}, [[tmp_path / "x"]]) == {"LD_LIBRARY_PATH": f"{tmp_path}/x/lib"}


def test_a_delimiter_serves_its_own_directory_only(tmp_path: Path) -> None:
    one = layer(tmp_path, "x", env__X_DOT_delim=":", env_DOT_launch__X_DOT_append="b")
    assert launch_environment({"X": "a"}, [[one]])["X"] == "ab"


def test_unknown_suffixes_directories_and_dangling_delimiters_change_nothing(tmp_path: Path) -> None:
    one = layer(tmp_path, "x", env__X_DOT_bak="b", env__Y_DOT_delim=":")
    (one / "env/Z").mkdir()
    assert set(build_environment({}, [one])) == {"PATH"}


def test_a_trailing_dot_is_the_old_prepend_with_a_colon(tmp_path: Path) -> None:
    one = layer(tmp_path, "x", env__X_DOT_="b")
    assert build_environment({"X": "a"}, [one])["X"] == "b:a"


def test_a_process_type_sees_its_own_files_only(tmp_path: Path) -> None:
    one = layer(tmp_path, "x", env_DOT_launch__web__X="web", env_DOT_build__X="build")
    assert launch_environment({}, [[one]], "web")["X"] == "web"
    assert "X" not in launch_environment({}, [[one]], "worker")
    assert "X" not in launch_environment({}, [[one]])


def test_the_base_is_not_changed(tmp_path: Path) -> None:
    base = {"PATH": "/base"}
    build_environment(base, [layer(tmp_path, "x")])
    launch_environment(base, [[tmp_path / "x"]])
    assert base == {"PATH": "/base"}


PLATFORM_FILES = st.dictionaries(
    st.sampled_from([*VARIABLES, "BP_X", "X.override"]),
    st.binary(max_size=4).filter(lambda b: b"\0" not in b),
)


@given(BASE, PLATFORM_FILES)
def test_the_users_variables_override_but_for_search_paths(
    base: dict[str, str], files: dict[str, bytes]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for name, content in files.items():
            Path(directory, name).write_bytes(content)
        actual = platform_environment(base, Path(directory))
    assert set(actual) == {*base, *files}
    for name, content in files.items():
        text = content.decode("utf-8", "surrogateescape")
        old = base.get(name)
        is_path = name in {"PATH", "LD_LIBRARY_PATH", "CPATH"}
        assert actual[name] == (f"{text}:{old}" if is_path and old else text)


def test_links_to_files_are_read_and_directories_passed_over(tmp_path: Path) -> None:
    """As Kubernetes mounts them."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data/BP_X").write_text("1\n")
    (tmp_path / "BP_X").symlink_to("..data/BP_X")
    assert platform_environment({}, tmp_path) == {"BP_X": "1\n"}


def test_a_platform_without_variables_changes_nothing(tmp_path: Path) -> None:
    assert platform_environment({"A": "1"}, tmp_path / "absent") == {"A": "1"}
