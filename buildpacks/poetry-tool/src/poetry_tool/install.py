"""Poetry in an environment of its own: its wheels, installed by pip, and a command that finds them."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api import bytecode, commands
from buildpack_api.errors import BuildpackError, CommandFailed, PlatformError
from buildpack_api.interpreter import isolated_environment
from buildpack_common.files import remove

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_api.interpreter import Interpreter
    from buildpack_api.tools.wheel import ToolWheel

_OPTIONS = (
    "--isolated",
    "--no-index",
    "--no-deps",
    "--require-hashes",
    "--no-cache-dir",
    "--no-compile",
    "--no-input",
    "--disable-pip-version-check",
    "--no-warn-script-location",
    "--root-user-action=ignore",
    "--quiet",
)
# Nothing of other environments is seen, and none of them sees this one: no variable of Python counts, nor
# what the interpreter has in its own site-packages.
_COMMAND = """\
#!/bin/sh
exec {python} -I -S -B {start} "$@"
"""
_START = """\
import sys

sys.path.append({site!r})
sys.argv[0] = "poetry"

from poetry.console.application import main

sys.exit(main())
"""


def install_poetry(
    version: str,
    wheels: Mapping[str, str],
    directory: Path,
    *,
    pip: ToolWheel,
    interpreter: Interpreter,
    tree: Path,
    environment: Mapping[str, str],
) -> None:
    """Install ``wheels``, SHA-256 (hex) by ``name==version``, below ``tree``, which must not exist.

    They are in ``directory``. The same wheels, Python minor and places give the same bits. Raises
    CommandFailed, or PlatformError if Poetry does not run with this Python.
    """
    site = tree / "site"
    site.mkdir(parents=True)
    env = {**isolated_environment(environment), "PIP_CONFIG_FILE": os.devnull}
    with tempfile.TemporaryDirectory(prefix="strata-poetry-") as scratch:
        file = Path(scratch) / "requirements.txt"
        file.write_text("".join(f"{pin} --hash=sha256:{digest}\n" for pin, digest in wheels.items()), "utf-8")
        sources = ("--find-links", str(directory), "--requirement", str(file))
        program = (interpreter.executable, pip.path / "pip")
        commands.run((*program, "install", *_OPTIONS, "--target", str(site), *sources), env=env, cwd=site)
    remove(site / "bin")  # commands of what Poetry needs, which nobody else is to find
    bytecode.compile_tree(interpreter.executable, site, env=isolated_environment(environment))
    start, command = tree / "start.py", tree / "bin" / "poetry"
    start.write_text(_START.format(site=str(site)), "utf-8")
    command.parent.mkdir()
    text = _COMMAND.format(python=shlex.quote(str(interpreter.executable)), start=shlex.quote(str(start)))
    command.write_text(text, "utf-8")
    command.chmod(0o755)
    _check(version, command, interpreter, isolated_environment(environment))


def _check(version: str, command: Path, interpreter: Interpreter, env: Mapping[str, str]) -> None:
    kept = {name: value for name, value in env.items() if not name.startswith("POETRY_")}
    try:
        answer = commands.capture([command, "--version", "--no-ansi"], env=kept, cwd=command.parent)
    except CommandFailed as error:
        raise PlatformError(
            f"Poetry {version} does not run with Python {interpreter.version}",
            detail="It fails with the message above.",
            advice="Use a build image with the GNU C library, or ask for another Poetry or another Python.",
        ) from error
    if not re.search(rf"\b{re.escape(version)}\b", answer):
        raise BuildpackError(
            f"What was installed is not Poetry {version}",
            detail=f"It answers: {answer.strip()}",
            advice="Whoever packaged this buildpack, or the package index, has a damaged file.",
        )
