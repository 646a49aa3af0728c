"""What a run of packaging tells in the end: a table for people, paths for programs, the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildpack_release.errors import shown_path
from buildpack_release.text import columns, size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from buildpack_release.packaging.package import PackageOutcome


def table(outcomes: Sequence[PackageOutcome]) -> str:
    """Return a table with one `.cnb` file a line."""
    rows = [("BUILDPACK", "TARGET", "LAYERS", "SIZE", "DIGEST", "STATE")]
    rows += [
        (
            f"{outcome.package.id}@{outcome.package.version} {outcome.package.variant}".rstrip(),
            image.target,
            str(len(image.layers)),
            size(image.file_size),
            image.digest[: len("sha256:") + 12],
            "packaged" if outcome.is_new else "up to date",
        )
        for outcome in outcomes
        for image in outcome.package.images
    ]
    return columns(rows)


def outcomes_data(outcomes: Sequence[PackageOutcome], dist: Path) -> list[dict[str, Any]]:
    """Return the same as data for JSON, with the files; `dist/manifest.json` has the rest."""
    return [
        {
            "id": outcome.package.id,
            "version": outcome.package.version,
            "variant": outcome.package.variant,
            "digest": outcome.package.digest,
            "requested": outcome.requested,
            "packaged": outcome.is_new,
            "artefacts": [shown_path(dist / name) for name in outcome.package.artefacts],
            "images": [
                {
                    "target": image.target,
                    "digest": image.digest,
                    "file": shown_path(dist / image.file),
                    "size": image.file_size,
                    "layers": len(image.layers),
                }
                for image in outcome.package.images
            ],
        }
        for outcome in outcomes
    ]


def carried(outcomes: Sequence[PackageOutcome]) -> str:
    """Return which Pythons for apps are in the packages; nothing for ordinary ones."""
    contents = [outcome.package.embedded for outcome in outcomes if outcome.requested]
    lines = dict.fromkeys(line for content in contents for line in content.described())
    return "".join(f"Inside: {line}\n" for line in lines)


def artefacts(outcomes: Sequence[PackageOutcome], dist: Path) -> list[Path]:
    """Return the files and layouts of the packages that were asked for."""
    return [dist / name for outcome in outcomes if outcome.requested for name in outcome.package.artefacts]


def next_command(outcomes: Sequence[PackageOutcome], dist: Path) -> str:
    """Return a command that tries the last package: a composite, if there is one."""
    requested = [outcome.package for outcome in outcomes if outcome.requested]
    file = shown_path(dist / requested[-1].images[0].file)
    return f"pack build APP --path DIRECTORY --builder BUILDER --buildpack {file}"
