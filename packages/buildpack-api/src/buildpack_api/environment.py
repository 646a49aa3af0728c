"""Environment composition, exactly as the lifecycle does it (Buildpack API 0.10, 'Environment').

Pure but for reading the files. Facts that surprise, all observed with lifecycle 0.21:
- Directories and ``.prepend`` files go in front one layer after the other, so the last layer comes first.
- At build time the layers of one buildpack are sorted by ``<name>.toml`` and each adds its directories and
  files in turn; at launch they are sorted by name, and the directories of all come before the files of all.
- Without a ``.delim`` file in the same directory there is no delimiter; nor is there one if the old value is
  empty.
- ``.default`` applies to a variable that is unset or empty.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

PATH_VARIABLES = frozenset({"PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "PKG_CONFIG_PATH"})
"""The variables to which the platform's value is prepended; any other is replaced by it."""

_BUILD_DIRECTORIES = {
    "bin": ("PATH",),
    "lib": ("LD_LIBRARY_PATH", "LIBRARY_PATH"),
    "include": ("CPATH",),
    "pkgconfig": ("PKG_CONFIG_PATH",),
}
_LAUNCH_DIRECTORIES = {"bin": ("PATH",), "lib": ("LD_LIBRARY_PATH",)}


def read_platform_env(env_dir: Path) -> dict[str, str]:
    """Return the user's variables: the files of ``<platform>/env``, verbatim (a final newline stays)."""
    return {path.name: _read(path) for path in _files(env_dir)}


def platform_environment(base: Mapping[str, str], env_dir: Path) -> dict[str, str]:
    """Return ``base`` with the user's variables of ``<platform>/env`` applied."""
    result = dict(base)
    for name, value in read_platform_env(env_dir).items():
        result[name] = _join(value, result.get(name, ""), ":") if name in PATH_VARIABLES else value
    return result


def build_environment(base: Mapping[str, str], buildpack_layer_dirs: Iterable[Path]) -> dict[str, str]:
    """Return what later buildpacks see after one buildpack's ``build = true`` layers (given in any order)."""
    result = dict(base)
    for layer in sorted(buildpack_layer_dirs, key=lambda path: os.fsencode(f"{path.name}.toml")):
        _add_directories(result, layer, _BUILD_DIRECTORIES)
        _add_files(result, layer / "env")
        _add_files(result, layer / "env.build")
    return result


def launch_environment(
    base: Mapping[str, str], buildpacks: Iterable[Iterable[Path]], process_type: str | None = None
) -> dict[str, str]:
    """Return the environment of a process; ``buildpacks``: the layer directories of each, in group order."""
    result = dict(base)
    for layer_dirs in buildpacks:
        layers = sorted(layer_dirs, key=lambda path: os.fsencode(path.name))
        for layer in layers:
            _add_directories(result, layer, _LAUNCH_DIRECTORIES)
        for layer in layers:
            _add_files(result, layer / "env")
            _add_files(result, layer / "env.launch")
            if process_type:
                _add_files(result, layer / "env.launch" / process_type)
    return result


def _add_directories(env: dict[str, str], layer: Path, directories: Mapping[str, tuple[str, ...]]) -> None:
    for directory, variables in directories.items():
        path = os.path.join(os.path.abspath(layer), directory)  # noqa: PTH100, PTH118  (Go's Abs drops "..")
        if os.path.exists(path):  # noqa: PTH110
            for variable in variables:
                env[variable] = _join(path, env.get(variable, ""), ":")


def _add_files(env: dict[str, str], directory: Path) -> None:
    for path in _files(directory):
        name, _, action = path.name.partition(".")
        old, value = env.get(name, ""), _read(path)
        if action == "override" or path.name == name:
            env[name] = value
        elif not action:  # "NAME." is a leftover of Buildpack API 0.4 that the lifecycle still honours
            env[name] = _join(value, old, _delimiter(directory, name, ":"))
        elif action == "default":
            env[name] = old or value
        elif action == "prepend":
            env[name] = _join(value, old, _delimiter(directory, name))
        elif action == "append":
            env[name] = old + _delimiter(directory, name) + value if old else value


def _join(value: str, old: str, delimiter: str) -> str:
    return value + delimiter + old if old else value


def _delimiter(directory: Path, name: str, fallback: str = "") -> str:
    path = directory / f"{name}.delim"
    return _read(path) if path.is_file() else fallback


def _files(directory: Path) -> Iterator[Path]:
    if directory.is_dir():
        for path in sorted(directory.iterdir(), key=lambda path: os.fsencode(path.name)):
            if not path.is_dir():
                yield path


def _read(path: Path) -> str:
    return os.fsdecode(path.read_bytes())
