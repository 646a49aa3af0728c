"""The command `update-runtimes`: fetch, cross-check, update, write."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from buildpack_release.errors import ReleaseError
from buildpack_release.runtimes import published
from buildpack_release.runtimes.update import Update, add_to_changelog, read_current, update


def update_files(
    catalogue: Path, changelog: Path | None, documents: tuple[Any, Any], *, write: bool
) -> Update:
    """Bring ``catalogue`` and ``changelog`` up to date with the metadata ``documents`` (uv, pbs-installer).

    Everything is read and checked before anything is written. Raises ReleaseError or OSError.
    """
    archives = published.parse_uv(documents[0])
    both = published.cross_check(archives, published.parse_pbs_installer(documents[1]))
    found = dataclasses.replace(update(read_current(catalogue), archives), cross_checked=both)
    news = add_to_changelog(changelog.read_text("utf-8"), found) if changelog else None
    if write:
        _replace(catalogue, found.text)
        if changelog and news is not None:
            _replace(changelog, news)
    return found


def main(arguments: list[str], *, root: Path) -> int:
    """Run the command below the repository ``root``; returns the exit code."""
    parser = argparse.ArgumentParser(prog="update-runtimes", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--uv", default="uv", help="the release of uv to read, such as uv==0.13.9")
    parser.add_argument("--pbs-installer", default="pbs-installer", help="likewise")
    parser.add_argument("--uv-json", type=Path, help="read this file instead of downloading uv's metadata")
    parser.add_argument("--pbs-installer-json", type=Path, help="read this file instead of pbs-installer's")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if there is news")
    options = parser.parse_args(arguments)
    buildpack = root / "buildpacks" / "python-runtime"
    catalogue, changelog = buildpack / "data" / "runtimes.toml", buildpack / "CHANGELOG.md"
    try:
        documents = _documents(options)
        found = update_files(catalogue, changelog, documents, write=not options.check)
    except (ReleaseError, OSError) as error:
        print(f"update-runtimes: {error}", file=sys.stderr)  # noqa: T201
        return int(getattr(error, "exit_code", 1))
    print(found)  # noqa: T201
    print(f"{found.cross_checked} archives are the same in both sources", file=sys.stderr)  # noqa: T201
    return 1 if options.check and (found.added or found.rebuilt) else 0


def _documents(options: argparse.Namespace) -> tuple[Any, Any]:
    if options.uv_json and options.pbs_installer_json:
        return json.loads(options.uv_json.read_bytes()), json.loads(options.pbs_installer_json.read_bytes())
    return published.fetch(uv=options.uv, pbs_installer=options.pbs_installer)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
