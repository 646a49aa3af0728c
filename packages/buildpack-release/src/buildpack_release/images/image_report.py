"""What is in images, as a text for people and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildpack_common.terminal_text import one_line
from buildpack_release.images.python_state import PythonState
from buildpack_release.text import columns, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_release.images.app_image import LaunchedProcess
    from buildpack_release.images.python_state import PythonFacts
    from buildpack_release.images.show import Fleet, ShownImage

_SHORT = len("sha256:") + 12


def fleet_text(fleet: Fleet) -> str:
    """Return all of a single image, or a table of several, with a last line that sums up."""
    if len(fleet.images) == 1 and not fleet.unread:
        return f"{_details(fleet, fleet.images[0])}\n{summary(fleet)}\n"
    return f"{_table(fleet)}\n{summary(fleet)}\n"


def summary(fleet: Fleet) -> str:
    """Return how many images run a Python that is outdated or at its end of life."""
    states, count = fleet.states, len(fleet.images)
    outdated, ended = states[PythonState.OUTDATED], states[PythonState.END_OF_LIFE]
    run = "runs" if outdated + ended == 1 else "run"
    old = f"{outdated + ended} of {_images(count)} {run} an outdated or end-of-life Python"
    parts = [f"{old}: {outdated} outdated, {ended} end of life"]
    if without := count - states.total():
        parts.append(f"{without} without a Python of ours")
    if states[PythonState.UNKNOWN]:
        parts.append(f"{states[PythonState.UNKNOWN]} with one that is not in the catalogue")
    if patched := sum(bool(image.patched_from[0]) for image in fleet.images):
        parts.append(f"{patched} patched, which a builder without that patch takes back at its next build")
    if fleet.unread:
        parts.append(f"{len(fleet.unread)} could not be read")
    return "; ".join(parts)


def _images(count: int) -> str:
    return f"{count} image" if count == 1 else f"{count} images"


def _table(fleet: Fleet) -> str:
    rows: list[tuple[str, ...]] = [
        ("IMAGE", "PLATFORM", "PYTHON", "STATE", "NEWEST", "END OF LIFE", "SIZE", "LAYER")
    ]
    rows += [_row(fleet, image) for image in fleet.images]
    rows += [(one.name, "", "", f"unread: {one.fault.title}", "", "", "", "") for one in fleet.unread]
    return columns([row if fleet.released is not None else row[:-1] for row in rows])


def _row(fleet: Fleet, image: ShownImage) -> tuple[str, ...]:
    python = image.python
    if python is None:
        state = "no Python of ours" if image.is_built else "not an app built by buildpacks"
        return (image.name, image.platform, "-", state, "-", "-", size(image.size), "-")
    return (
        image.name,
        image.platform,
        python.version,
        python.state.value + (f", patched from {image.patched_from[1]}" if image.patched_from[0] else ""),
        python.newest or "-",
        str(python.end_of_life or "-"),
        size(image.size),
        _released(_python_is_released(fleet, image)),
    )


def _python_is_released(fleet: Fleet, image: ShownImage) -> bool | None:
    found = [one for one in image.layers if image.python and one.diff_id == image.python.layer.diff_id]
    return fleet.is_released(found[0]) if found else None


def _released(is_released: bool | None) -> str:  # noqa: FBT001  a value to be put in words
    return "" if is_released is None else "as released" if is_released else "not as released"


def _details(fleet: Fleet, image: ShownImage) -> str:
    rows = [(name, value) for name, value in _facts(image) if value]
    layers = [("LAYER", "SIZE", "DIFF ID", "")]
    layers += [
        (one.title, size(one.blob.size), one.diff_id[:_SHORT], _released(fleet.is_released(one)))
        for one in image.layers
    ]
    text = f"{columns(rows)}\n{columns(layers)}"
    if image.packages:
        packages = [("PACKAGE", "VERSION", "IN")]
        packages += [(one.name, one.version, one.where) for one in image.packages]
        text += f"\n{columns(packages)}"
    return text


def _facts(image: ShownImage) -> Iterator[tuple[str, str]]:
    yield "Image", image.name
    yield "Digest", image.digest
    yield "Platform", image.platform
    if not image.is_built:
        yield "Built by", "no lifecycle: this is not an app image of Cloud Native Buildpacks"
    yield "Python", _python(image.python) if image.python else "none of ours"
    if image.python:
        yield "Archive", f"sha256:{image.python.archive}"
    if image.patched_from[0]:
        yield "Patched", f"without a build, from Python {image.patched_from[1]}: {image.patched_from[0]}"
    if image.environment:
        count = len(image.environment.has_packages)
        of = f" of {image.environment.inputs}" if image.environment.inputs else ""
        by = f", installed with {image.environment.tool}" if image.environment.tool else ""
        yield "Environment", f"{count} distributions{of}{by}"
    yield "Buildpacks", ", ".join(f"{one} {version}" for one, version in image.buildpacks)
    yield "Processes", "; ".join(map(_process, image.processes))
    yield "Run image", image.run_image
    yield "Size", size(image.size)


def _python(python: PythonFacts) -> str:
    newest = f"the newest patch is {python.newest}" if python.newest else ""
    end = f"end of life {python.end_of_life}" if python.end_of_life else ""
    said = ", ".join(filter(None, (python.state.value, newest, end)))
    return f"{python.version} ({said})"


def _process(process: LaunchedProcess) -> str:
    return one_line(
        f"{process.type}{' (default)' if process.is_default else ''}: {' '.join(process.command)}"
    )


def fleet_data(fleet: Fleet) -> dict[str, Any]:
    """Return all of it as data for JSON."""
    states = fleet.states
    return {
        "images": [_image_data(fleet, image) for image in fleet.images],
        "unread": [{"image": one.name, "error": one.fault.title} for one in fleet.unread],
        "summary": {
            "images": len(fleet.images),
            **{state.name.lower().replace("_", "-"): states[state] for state in PythonState},
            "without": len(fleet.images) - states.total(),
            "unread": len(fleet.unread),
        },
    }


def _image_data(fleet: Fleet, image: ShownImage) -> dict[str, Any]:
    environment = image.environment
    return {
        "image": image.name,
        "digest": image.digest,
        "platform": image.platform,
        "built": image.is_built,
        "python": _python_data(image.python) if image.python else None,
        "patched-from": {"digest": image.patched_from[0], "python": image.patched_from[1]}
        if image.patched_from[0]
        else None,
        "environment": {
            "inputs": environment.inputs,
            "tool": environment.tool,
            "distributions": list(environment.has_packages),
        }
        if environment
        else None,
        "buildpacks": [{"id": one, "version": version} for one, version in image.buildpacks],
        "processes": [
            {"type": one.type, "command": list(one.command), "default": one.is_default}
            for one in image.processes
        ],
        "run-image": image.run_image,
        "size": image.size,
        "layers": [
            {
                "kind": one.kind.value,
                "title": one.title,
                "diff-id": one.diff_id,
                "digest": one.blob.digest,
                "size": one.blob.size,
                "released": fleet.is_released(one),
            }
            for one in image.layers
        ],
        "packages": None
        if image.packages is None
        else [
            {"name": one.name, "version": one.version, "purl": one.purl, "in": one.where}
            for one in image.packages
        ],
    }


def _python_data(python: PythonFacts) -> dict[str, Any]:
    return {
        "version": python.version,
        "state": python.state.value,
        "newest": python.newest or None,
        "end-of-life": str(python.end_of_life) if python.end_of_life else None,
        "archive": python.archive,
        "diff-id": python.layer.diff_id,
    }
