"""What other files say about starting the app: no reason to start it, but worth being told."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from app_start.settings import START_COMMAND
from buildpack_common.parsing import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app_start.inference.project import Project

_CMD = re.compile(r"(?im)^[ \t]*(CMD|ENTRYPOINT)[ \t]+((?:.*\\\r?\n)*.*)$")


def hints(project: Project) -> Iterator[str]:
    """Yield sentences with the command that would do."""
    if (project.top / "scrapy.cfg").is_file():
        yield f"It is a project of Scrapy: {START_COMMAND.name}='scrapy crawl NAME' starts one spider."
    notebook = next(iter(sorted(project.top.glob("*.ipynb"))), None)
    if notebook is not None and not project.files:
        yield (
            f"{notebook.name} is a notebook, which does not start by itself: with voila among what the app "
            f"requires, {START_COMMAND.name}='voila --no-browser --Voila.ip=0.0.0.0 --port=$PORT "
            f"{shlex.quote(notebook.name)}' shows it as a page."
        )
    command = _of_dockerfile(project)
    if command:
        yield (
            f"The Dockerfile starts {command!r}: if that is right here, too, set {START_COMMAND.name} to it, "
            "with $PORT for the port."
        )
    yield (
        "Say what it starts: in a Procfile with the line 'web: COMMAND', or for the build with "
        f"{START_COMMAND.name}=COMMAND."
    )


def _of_dockerfile(project: Project) -> str:
    """Return the last command of the Dockerfile, if there is no more to it (Dockerfile reference, 'CMD')."""
    try:
        text = (project.top / "Dockerfile").read_text("utf-8", "replace")
    except OSError:
        return ""
    found = {kind.upper(): line for kind, line in _CMD.findall(text)}
    if len(found) != 1:
        return ""
    line = re.sub(r"\\\r?\n", " ", next(iter(found.values()))).strip()
    if not line.startswith("["):
        return line
    try:
        words = parse_json(line)
    except ValueError:
        return ""
    return shlex.join(words) if isinstance(words, list) and all(isinstance(one, str) for one in words) else ""
