"""build.toml: plan entries handed on to the next provider (Buildpack API 0.10, 'build.toml (TOML)')."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_common.files import remove

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from buildpack_api.plan import BuildpackPlan


def write_unmet(layers: Path, plan: BuildpackPlan, names: Iterable[str]) -> None:
    """Declare the named entries of ``plan`` as not met, or remove ``build.toml`` if there are none.

    Raises ValueError for a name that is not in the plan: the lifecycle ends the build with an error for that.
    """
    unmet = list(dict.fromkeys(names))
    unknown = set(unmet) - {entry.name for entry in plan.entries}
    if unknown:
        raise ValueError(f"not in the buildpack plan: {', '.join(sorted(unknown))}")
    if unmet:
        toml.write(layers / "build.toml", {"unmet": [{"name": name} for name in unmet]})
    else:
        remove(layers / "build.toml")
