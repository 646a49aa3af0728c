"""The Buildpack API 0.10 as a running buildpack uses it; see the README beside this package.

What most buildpacks need can be imported from here. It is loaded when it is first used, so that a build which
reuses its layers loads nothing that it does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildpack_api.bindings import Binding as Binding
    from buildpack_api.commands import capture as capture
    from buildpack_api.commands import run as run
    from buildpack_api.context import BuildContext as BuildContext
    from buildpack_api.errors import BuildpackError as BuildpackError
    from buildpack_api.errors import CommandFailed as CommandFailed
    from buildpack_api.errors import ConfigurationError as ConfigurationError
    from buildpack_api.errors import DownloadError as DownloadError
    from buildpack_api.errors import PlatformError as PlatformError
    from buildpack_api.interpreter import Interpreter as Interpreter
    from buildpack_api.interpreter import find_interpreter as find_interpreter
    from buildpack_api.launch import Label as Label
    from buildpack_api.launch import Launch as Launch
    from buildpack_api.launch import Process as Process
    from buildpack_api.launch import Slice as Slice
    from buildpack_api.layer_env import EnvChange as EnvChange
    from buildpack_api.layer_env import ProcessScope as ProcessScope
    from buildpack_api.layer_env import Scope as Scope
    from buildpack_api.layer_env import append as append
    from buildpack_api.layer_env import default as default
    from buildpack_api.layer_env import override as override
    from buildpack_api.layer_env import prepend as prepend
    from buildpack_api.layer_key import LayerKey as LayerKey
    from buildpack_api.layer_key import outcome as outcome
    from buildpack_api.layers import Layer as Layer
    from buildpack_api.layers import LayerTypes as LayerTypes
    from buildpack_api.output import Output as Output
    from buildpack_api.plan import BuildpackPlan as BuildpackPlan
    from buildpack_api.plan import PlanEntry as PlanEntry
    from buildpack_api.sbom import SbomFormat as SbomFormat
    from buildpack_api.target import Target as Target

_HOMES = {
    "bindings": "Binding",
    "commands": "capture run",
    "context": "BuildContext",
    "errors": "BuildpackError CommandFailed ConfigurationError DownloadError PlatformError",
    "interpreter": "Interpreter find_interpreter",
    "launch": "Label Launch Process Slice",
    "layer_env": "EnvChange ProcessScope Scope append default override prepend",
    "layer_key": "LayerKey outcome",
    "layers": "Layer LayerTypes",
    "output": "Output",
    "plan": "BuildpackPlan PlanEntry",
    "sbom": "SbomFormat",
    "target": "Target",
}


if not TYPE_CHECKING:  # it would make every name one of type object

    def __getattr__(name: str) -> object:
        """Load a part of the public face (PEP 562)."""
        from importlib import import_module

        for module, names in _HOMES.items():
            if name in names.split():
                value = globals()[name] = getattr(import_module(f"buildpack_api.{module}"), name)
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names of the public face."""
    return sorted(" ".join(_HOMES.values()).split())
