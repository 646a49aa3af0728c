"""The tasks for Invoke, for any repository of buildpacks: its tasks.py needs nothing but `collection`.

Each task parses its options, calls one function of this library and prints. Results go to stdout, progress
and errors to stderr; how a task ends is in the table of exit codes of `buildpack_release.errors`.
What only one task needs is imported in that task, so that each starts fast.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from invoke.collection import Collection

from buildpack_release.tasks import builders, edge, fleet, packages, publishing, releasing, updating, versions
from buildpack_release.tasks.program import main, take_over

__all__ = ["collection", "main"]

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from invoke.tasks import Task


def collection(
    root: Path,
    *more: Task[Any],
    explain_missing: Callable[[ModuleNotFoundError], str] = edge.explain_missing,
) -> Collection:
    """Return the tasks for the repository at `root`: a directory with a pyproject.toml and buildpacks/.

    While Invoke's own `inv` loads them it becomes this library's program (`buildpack_release.tasks.program`).

    Args:
        root: the repository. `dist/` and `build/` are made in it.
        more: tasks of the repository's own.
        explain_missing: returns what to say of a library that this Python lacks.
    """
    publish = Collection(
        "publish", publishing.publish_plan, publishing.publish_verify, publishing.publish_register
    )
    publish.add_task(publishing.publish_run, default=True)
    tasks = Collection(
        *(packages.list_buildpacks, packages.graph, packages.check, packages.build, packages.package),
        *(*more, releasing.release, publish),
        Collection("builder", builders.builder_create, builders.builder_check, builders.builder_kpack),
        Collection("image", fleet.image_show, fleet.image_patch),
        Collection("runtime", fleet.runtime_layer),
        Collection("runtimes", updating.runtimes_show, updating.runtimes_update),
        Collection("tools", updating.tools_update),
        Collection(
            "version",
            *(versions.version_show, versions.version_next),
            *(versions.version_bump, versions.version_check),
        ),
    )
    take_over()
    tasks.configure({edge.SETTINGS: {"root": os.fspath(root), "explain_missing": explain_missing}})
    return tasks
