"""uv's programs, taken out of its wheel."""

from __future__ import annotations

import re
import shutil
import zipfile
from typing import TYPE_CHECKING

from buildpack_api import commands
from buildpack_api.errors import BuildpackError, CommandFailed, PlatformError
from buildpack_api.interpreter import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from buildpack_api.tools.wheel import ToolWheel

_PROGRAMS = re.compile(r"[^/]+\.data/scripts/(?P<name>[A-Za-z0-9_-]+)")
_METADATA = re.compile(r"uv-[^/-]+\.dist-info/METADATA")
_UV = "uv"


def install_uv(wheel: ToolWheel, tree: Path, *, environment: Mapping[str, str]) -> None:
    """Put the programs of ``wheel`` into ``tree``/bin; ``tree`` must not exist.

    Its metadata go to ``tree``/site, and tell which uv it is without starting it. The same wheel gives the
    same bits. Raises BuildpackError if there is no uv in the wheel, PlatformError if it does not run on this
    machine.
    """
    directory = tree / "bin"
    directory.mkdir(parents=True)
    try:
        with zipfile.ZipFile(wheel.path) as archive:
            for member in archive.infolist():
                program = _PROGRAMS.fullmatch(member.filename)
                if program:
                    _unpack(archive, member, directory / program["name"], 0o755)
                elif _METADATA.fullmatch(member.filename):
                    (tree / "site" / member.filename).parent.mkdir(parents=True)
                    _unpack(archive, member, tree / "site" / member.filename, 0o644)
    except (zipfile.BadZipFile, NotImplementedError, FileExistsError) as error:
        raise _damaged(wheel, str(error)) from error
    if not (directory / _UV).is_file():
        raise _damaged(wheel, "It has no program of that name.")
    _check(wheel, directory / _UV, isolated_environment(environment))


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, mode: int) -> None:
    with archive.open(member) as source, path.open("xb") as target:
        shutil.copyfileobj(source, target)
    path.chmod(mode)


def _check(wheel: ToolWheel, program: Path, env: Mapping[str, str]) -> None:
    kept = {name: value for name, value in env.items() if not name.startswith("UV_")}
    try:
        answer = commands.capture([program, "--no-config", "--version"], env=kept, cwd=program.parent)
    except CommandFailed as error:
        raise PlatformError(
            f"uv {wheel.version} does not run in this build image",
            detail=f"{error.title}. Its wheel is {wheel.path.name}.",
            advice="Use a build image with the GNU C library, or ask for another version of uv.",
        ) from error
    if answer.split()[:2] != ["uv", wheel.version]:
        raise _damaged(wheel, f"It answers: {answer.strip()}")


def _damaged(wheel: ToolWheel, detail: str) -> BuildpackError:
    return BuildpackError(
        f"{wheel.path.name} is not a wheel of uv {wheel.version}",
        detail=detail,
        advice="Whoever packaged this buildpack, or the package index, has a damaged file.",
    )
