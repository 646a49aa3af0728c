"""Everything that the layers of this buildpack are made of."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.guard import DANGEROUS, option_name
from app_venv.reuse import recorded
from buildpack_api.layers import LayerKey
from buildpack_api.redact import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app_venv.inputs.evidence import Inputs
    from app_venv.tools import Tools
    from buildpack_api.context import BuildContext

RECIPE = "2"
"""Changes with what this buildpack puts into the venv layer."""

# They change how pip talks, waits, connects and stores, not what it installs.
_WITHOUT_EFFECT = frozenset(
    f"PIP_{name}"
    for name in (
        "CERT", "CLIENT_CERT", "DEFAULT_TIMEOUT", "DISABLE_PIP_VERSION_CHECK", "EXISTS_ACTION",
        "KEYRING_PROVIDER", "LOCAL_LOG", "LOG", "LOG_FILE", "NO_CACHE_DIR", "NO_COLOR", "NO_INPUT",
        "PROGRESS_BAR", "PROXY", "QUIET", "RESUME_RETRIES", "RETRIES", "ROOT_USER_ACTION", "TIMEOUT",
        "VERBOSE",
    )
)  # fmt: skip
# What compilers and build backends read when a source distribution is built.
_BUILD_SETTINGS = (
    "ARCHFLAGS", "CC", "CFLAGS", "CPATH", "CPPFLAGS", "CXX", "CXXFLAGS", "LDFLAGS", "LIBRARY_PATH",
    "PKG_CONFIG_PATH", "SOURCE_DATE_EPOCH",
)  # fmt: skip


@dataclass(frozen=True)
class VenvKey(LayerKey):
    """All inputs of the venv layer, and what they led to.

    The latter are ``packages`` (`resolution.Resolution.record`) and ``problems`` (`dependencies.Graph`).
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
    packages: tuple[str, ...]
    problems: tuple[str, ...]


def venv_key(context: BuildContext, tools: Tools, inputs: Inputs, path: Path) -> VenvKey:
    """Return the key of the layer at ``path``.

    What was installed, if anything was restored, is taken over: equal keys say that all else is equal.
    """
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
        settings=settings({**context.environment, **tools.access.variables}),
        packages=recorded(path, "packages"),
        problems=recorded(path, "problems"),
    )


def settings(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables and pip configuration files that matter, each with a digest of its value.

    Digests, because a layer key is public and index addresses may hold secrets. User information of URLs is
    left out first: a new password for the same index is no reason to install again.
    """
    names = sorted(name for name, value in environment.items() if value and _matters(name))
    values = [f"{name} {_digest(environment[name])}" for name in names]
    files = [f"{path} {_digest(text)}" for path in _configuration_files(environment) if (text := _read(path))]
    return tuple(values + files)


def _matters(name: str) -> bool:
    if not name.startswith("PIP_"):
        return name in _BUILD_SETTINGS
    option = option_name(name)
    return option not in _WITHOUT_EFFECT and option not in DANGEROUS


def _configuration_files(environment: Mapping[str, str]) -> list[Path]:
    """Return where pip looks (pip documentation, 'Configuration'), but for the one inside the environment."""
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return []
    home = environment.get("HOME", "")
    user = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    places = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf"]
    places += [f"{home}/.pip/pip.conf"] if home else []
    places += [f"{user}/pip/pip.conf"] if user else []
    return [Path(place) for place in [*places, chosen] if place]


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _digest(text: str) -> str:
    return hashlib.sha256(without_credentials(text).encode("utf-8", "surrogatepass")).hexdigest()[:16]
