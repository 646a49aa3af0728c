"""Everything that the layers of this buildpack are made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_api.layers import LayerKey, outcome
from buildpack_common.redaction import without_credentials

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.inputs.pinning import PinnedInputs
    from app_venv.program import Program
    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter

RECIPE = "4"
"""Changes with what this buildpack puts into the venv layer."""


def public_digest(text: str) -> str:
    """Return what stands in public metadata for a value: it may have secrets.

    User information of URLs is left out first: a new password for the same address is no other value.
    """
    return hashlib.sha256(without_credentials(text).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def public_file_digest(path: Path) -> str:
    """Return the same of a file's text; of one that cannot be read, that of nothing."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        text = ""
    return public_digest(text)


@dataclass(frozen=True)
class InstallerKey(LayerKey):
    """What has made the environment: the metadata of a layer that is in the cache only.

    Metadata of the environment's own layer are in the app image. With another program it is made anew, and
    where that makes the same of it the image stays what it was.
    """

    program: str = field(metadata={"label": "installed with"})
    place: tuple[str, ...] = field(metadata={"label": "place of the installer"})


@dataclass(frozen=True)
class VenvKey(LayerKey):
    """All inputs of the venv layer, and what they led to.

    The latter are ``packages`` (`resolution.Resolution.record`), ``problems`` (`dependencies.Graph`),
    ``room`` (`summary.DiskUsage.record`), ``searched`` (`job.Finished`) and, if anything was built from
    source, ``built_with`` (`build_environment`). ``heavy_layers`` are the layers that the environment has
    links into (`heavy_layers.HeavyLayer`); ``heavy`` says from which size on a wheel has one.

    A patch of Python is no input: with the same minor, ABI and place it runs the environment as it is. So it
    is an outcome which one has made it, ``made_by``: its version, and its build. What may decide otherwise
    under another one stands in ``conditions`` (`patch_conditions`), and ``needs_libpython`` names what could
    not be loaded without a shared libpython (`libpython`). Whoever exchanges Python below the environment
    without a build reads these.
    """

    recipe: str = field(metadata={"label": "recipe of the buildpack"})
    python: str = field(metadata={"label": "Python"})
    python_abi: str = field(metadata={"label": "ABI of Python"})
    interpreter: str
    target: str
    path: str = field(metadata={"label": "place of the layer"})
    inputs: str = field(metadata={"label": "what is installed"})
    files: tuple[str, ...] = field(metadata={"label": "files to install from"})
    contents: str = field(metadata={"label": "contents of the files to install from"})
    settings: tuple[str, ...] = field(metadata={"label": "settings"})
    policy: tuple[str, ...] = field(metadata={"label": "what may be installed"})
    heavy: str = field(metadata={"label": "heavy files"})
    packages: tuple[str, ...] = outcome()
    problems: tuple[str, ...] = outcome()
    room: tuple[str, ...] = outcome()
    searched: tuple[str, ...] = outcome()
    built_with: tuple[str, ...] = outcome()
    made_by: tuple[str, ...] = outcome()
    conditions: tuple[str, ...] = outcome()
    needs_libpython: tuple[str, ...] = outcome()
    heavy_layers: tuple[str, ...] = outcome()


def installer_key(name: str, program: Program) -> InstallerKey:
    """Return the key for a program of that name."""
    return InstallerKey(f"{name} {program.version}", (*program.command, str(program.site_packages)))


def venv_key(
    context: BuildContext,
    interpreter: Interpreter,
    inputs: PinnedInputs,
    *,
    settings: tuple[str, ...],
    policy: tuple[str, ...],
    heavy: int,
    path: Path,
) -> VenvKey:
    """Return the key of the layer at ``path``, with nothing in it yet.

    ``settings`` are those of the program that installs, ``policy`` what the user lets it install,
    ``heavy`` how many MiB of heavy files a wheel has at least to have a layer, 0 if none has.
    """
    return VenvKey(
        recipe=RECIPE,
        python=interpreter.minor,
        python_abi=interpreter.abi,
        interpreter=str(interpreter.executable),
        target=str(context.target),
        path=str(path),
        inputs=inputs.title,
        files=inputs.files,
        contents=inputs.digest,
        settings=settings,
        policy=policy,
        heavy=f"from {heavy} MiB on" if heavy else "off",
    )
