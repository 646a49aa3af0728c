"""What a local build has done, as text for people."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from buildpack_common.redaction import HIDDEN, redact
from buildpack_release.text import columns, duration, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from buildpack_api.layers import LayerTypes
    from buildpack_release.checking.plan_resolution import ResolvedEntry
    from buildpack_testing.detect_phase import Detection
    from buildpack_testing.export_phase import LayerResult
    from buildpack_testing.image_store import ImageRecord
    from buildpack_testing.platform import BuildResult
    from buildpack_testing.workspace import Workspace

# Rather one too many: a value that is not shown is still named.
_SECRET = re.compile(
    r"TOKEN|SECRET|PASS|PWD|CREDENTIAL|KEY(?!RING)|AUTH|SIGNATURE|COOKIE|SESSION|DSN|PRIVATE", re.IGNORECASE
)


def plan_lines(detection: Detection) -> list[str]:
    """Return which group passed, and who meets whose requirement."""
    failed = [f"{' + '.join(group.ids)}: {group.outcome.value}" for group in detection.tried[:-1]]
    return [
        *failed,
        " -> ".join(buildpack.id for buildpack in detection.group),
        *(f"  {_entry_text(entry)}" for entry in detection.plan),
    ]


def layer_table(layers: Sequence[LayerResult]) -> str:
    """List layers with size, number of files, types, and whether they were reused."""
    rows = [("layer", "size", "files", "build", "launch", "cache", "")]
    rows += [
        (
            f"{layer.buildpack} {layer.name}",
            size(layer.size),
            f"{layer.files:,}",
            *_flags(layer.types),
            "reused" if layer.reused else "made",
        )
        for layer in layers
    ]
    return columns(rows)


def environment_lines(env: Mapping[str, str], base: Mapping[str, str], workspace: Workspace) -> list[str]:
    """List what env has beside base, in a container's paths; secrets are not shown."""
    return [f"{name}={value}" for name, value in environment_rows(env, base, workspace)]


def environment_rows(
    env: Mapping[str, str], base: Mapping[str, str], workspace: Workspace
) -> list[tuple[str, str]]:
    """Return the names and values of `environment_lines`."""
    return [
        (name, shown_value(name, value, workspace))
        for name, value in sorted(env.items())
        if base.get(name) != value and not name.startswith("CNB_")
    ]


def process_rows(image: ImageRecord) -> list[tuple[str, str]]:
    """Return the type of each process, with a remark at the default one, and its command line."""
    return [
        (
            f"{process.type}{' (default)' if process.type == image.default_process else ''}",
            shlex.join([*process.command, *process.args]),
        )
        for process in image.processes
    ]


def may_be_secret(name: str) -> bool:
    """Whether a variable with this name may hold a secret, so that its value is not shown."""
    return _SECRET.search(name) is not None


def shown_value(name: str, value: str, workspace: Workspace) -> str:
    """Return a value as it is shown: without secrets, in a container's paths, on one line."""
    if may_be_secret(name):
        return HIDDEN
    return container_paths(redact(value), workspace).replace("\n", "\\n")


def container_paths(text: str, workspace: Workspace) -> str:
    """Replace the directories of the workspace by what they are called in a container."""
    for path, name in (
        (workspace.layers, "/layers"),
        (workspace.app, "/workspace"),
        (workspace.platform, "/platform"),
    ):
        text = text.replace(str(path), name)
    return text


def build_data(result: BuildResult) -> dict[str, Any]:
    """Return a build as data for JSON: who took part, the plan, the layers, what starts, seconds a phase."""
    return {
        "group": [buildpack.id for buildpack in result.detection.group],
        "plan": [
            {
                "name": entry.name,
                "providers": list(entry.providers),
                "requires": [{"by": user, "metadata": dict(one.metadata)} for user, one in entry.requires],
            }
            for entry in result.detection.plan
        ],
        "layers": [
            {
                "buildpack": layer.buildpack,
                "name": layer.name,
                "size": layer.size,
                "files": layer.files,
                "diff_id": layer.diff_id,
                "reused": layer.reused,
                "types": {
                    "build": layer.types.build,
                    "launch": layer.types.launch,
                    "cache": layer.types.cache,
                },
            }
            for layer in result.layers
        ],
        "processes": [
            {
                "type": process.type,
                "command": [*process.command, *process.args],
                "default": process.type == result.image.default_process,
            }
            for process in result.image.processes
        ],
        "size": result.image_size,
        "seconds": dict(result.seconds),
    }


def phase_line(seconds: Mapping[str, float]) -> str:
    """Return how long each phase took."""
    return " · ".join(f"{phase} {duration(span)}" for phase, span in seconds.items())


def indented(lines: Iterable[str]) -> str:
    """Put lines under a heading."""
    return "".join(f"  {line}\n" for line in lines)


def _entry_text(entry: ResolvedEntry) -> str:
    users = ", ".join(
        f"{user} ({constraints})" if (constraints := _constraints(requirement.metadata)) else user
        for user, requirement in entry.requires
    )
    return f"{entry.name}: provided by {', '.join(entry.providers)}, required by {users}"


def _constraints(metadata: Mapping[str, object]) -> str:
    flags = [name for name, value in metadata.items() if value is True]
    values = [f"{name} {value}" for name, value in metadata.items() if not isinstance(value, bool)]
    return ", ".join(flags + values)


def _flags(types: LayerTypes) -> tuple[str, str, str]:
    build, launch, cache = ("x" if flag else "-" for flag in (types.build, types.launch, types.cache))
    return build, launch, cache
