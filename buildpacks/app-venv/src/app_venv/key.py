"""Everything that the layers of this buildpack are made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app_venv.guard import DANGEROUS, option_name
from app_venv.pip_config import settings_in_files
from app_venv.pip_options import HARMLESS, OVERRULED, option_of
from buildpack_api.layers import LayerKey, outcome
from buildpack_common.redaction import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from app_venv.inputs.evidence import Inputs
    from app_venv.pip_config import Setting
    from app_venv.policy import Policy
    from app_venv.tools import Tools
    from buildpack_api.context import BuildContext

RECIPE = "3"
"""Changes with what this buildpack puts into the venv layer."""

_FILES = ("constraint", "build-constraint")
# What compilers and build backends read when a source distribution is built.
_BUILD_SETTINGS = (
    "ARCHFLAGS", "CC", "CFLAGS", "CPATH", "CPPFLAGS", "CXX", "CXXFLAGS", "LDFLAGS", "LIBRARY_PATH",
    "PKG_CONFIG_PATH", "SOURCE_DATE_EPOCH",
)  # fmt: skip


@dataclass(frozen=True)
class VenvKey(LayerKey):
    """All inputs of the venv layer, and what they led to.

    The latter are ``packages`` (`resolution.Resolution.record`), ``problems`` (`dependencies.Graph`),
    ``room`` (`summary.Room.record`) and ``searched`` (`job.Finished`).
    """

    recipe: str = field(metadata={"label": "recipe of the buildpack"})
    python: str = field(metadata={"label": "Python"})
    python_build: str = field(metadata={"label": "build of Python"})
    interpreter: str
    pip: str
    pip_place: tuple[str, ...] = field(metadata={"label": "place of pip"})
    target: str
    path: str = field(metadata={"label": "place of the layer"})
    inputs: str = field(metadata={"label": "what is installed"})
    files: tuple[str, ...] = field(metadata={"label": "files to install from"})
    contents: str = field(metadata={"label": "contents of the files to install from"})
    settings: tuple[str, ...] = field(metadata={"label": "settings"})
    policy: tuple[str, ...] = field(metadata={"label": "what may be installed"})
    packages: tuple[str, ...] = outcome()
    problems: tuple[str, ...] = outcome()
    room: tuple[str, ...] = outcome()
    searched: tuple[str, ...] = outcome()


def venv_key(context: BuildContext, tools: Tools, inputs: Inputs, policy: Policy, path: Path) -> VenvKey:
    """Return the key of the layer at ``path``, with nothing in it yet."""
    return VenvKey(
        recipe=RECIPE,
        python=tools.interpreter.version,
        python_build=tools.interpreter.build,
        interpreter=str(tools.interpreter.executable),
        pip=tools.pip.version,
        pip_place=(*tools.pip.command, str(tools.pip.site_packages)),
        target=str(context.target),
        path=str(path),
        inputs=inputs.title,
        files=inputs.files,
        contents=inputs.digest,
        settings=settings({**context.environment, **tools.access.variables}, context.app_dir),
        policy=policy.options,
    )


def settings(environment: Mapping[str, str], app_dir: Path) -> tuple[str, ...]:
    """Return the variables, and the options in pip's files, that matter, each with a digest of its value.

    Digests, because a layer key is public and index addresses may hold secrets. User information of URLs is
    left out first: a new password for the same index is no reason to install again.
    """
    names = sorted(name for name, value in environment.items() if value and _matters(name))
    values = [f"{name} {_digest(environment[name])}" for name in names]
    in_files = [one for one in settings_in_files(environment) if one.option not in {*HARMLESS, *OVERRULED}]
    values += [f"{one.option} {_digest(one.value)}" for one in in_files]
    named = _named_files(environment, in_files, app_dir)
    return (*values, *(f"{path} {_digest(_read(path))}" for path in named))


def _matters(name: str) -> bool:
    option = option_of(name)
    if option:  # what is in the configuration file counts, wherever it lies
        return option not in {*HARMLESS, "config-file"} and option_name(name) not in DANGEROUS
    return name in _BUILD_SETTINGS


def _named_files(environment: Mapping[str, str], in_files: Iterable[Setting], app_dir: Path) -> list[Path]:
    """Return the constraints that no requirements file names: their content decides, not their name."""
    named = [one.value for one in in_files if one.option in _FILES]
    named += [value for name, value in environment.items() if option_of(name) == "build-constraint"]
    paths = (app_dir / name for text in named for name in text.split())
    return sorted({path for path in paths if path.is_file()})


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _digest(text: str) -> str:
    return hashlib.sha256(without_credentials(text).encode("utf-8", "surrogatepass")).hexdigest()[:16]
