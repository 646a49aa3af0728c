"""Strata: work on the buildpacks of this repository. The tasks are those of `buildpack_release.tasks`."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).parent

# Invoke turns bytecode off for everything; each start would compile our library anew (a third of a second).
sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))

# The libraries of this checkout, whatever else is installed; an environment needs only what they require.
if (ROOT / "packages/buildpack-release/src").is_dir():
    sys.path[:0] = [str(source) for source in sorted(ROOT.glob("packages/*/src"))]

from buildpack_release.tasks import collection, main  # noqa: E402
from buildpack_testing.tasks import demo, try_app  # noqa: E402


def explain_missing(error: ModuleNotFoundError) -> str:
    """Say which libraries this Python lacks, and how it gets them. Raises the error itself if it has all."""
    sys.path.append(str(ROOT / "scripts"))
    from environments import SetupError, missing, requirements  # noqa: PLC0415

    try:
        lacking = missing(requirements(ROOT, "release"))
    except (ImportError, SetupError):
        lacking = {str(error.name): str(error.name)}  # nothing here that reads TOML or compares versions
    if not lacking:
        raise error
    wanted = shlex.join(lacking.values())
    return (
        f"this Python ({sys.executable}) lacks what the tasks need: {', '.join(lacking)}\n"
        f"Install it: {shlex.quote(sys.executable)} -m pip install {wanted}\n"
        f"Or use what has it: {ROOT / 'scripts' / 'inv'}"
    )


ns = collection(ROOT, try_app, demo, explain_missing=explain_missing)

if __name__ == "__main__":
    main(ns)
