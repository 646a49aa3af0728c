"""The showpiece: packages the buildpacks, builds an app with them, serves a page, tells what is where."""

from __future__ import annotations

import re
import socket
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError, UsageError
from buildpack_release.package import Outcome, package
from buildpack_release.text import columns, duration, size
from buildpack_testing.launch import stop
from buildpack_testing.packaged import unpack_buildpackage
from buildpack_testing.platform import BuildResult, LocalPlatform
from buildpack_testing.report import environment_lines, indented, phase_line, plan_lines
from buildpack_testing.runtimes import make_runtimes
from buildpack_testing.sources import (
    RuntimeSource,
    connection_variables,
    index_variables,
    mirror_variables,
)
from buildpack_testing.workspace import local_arch

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Sequence

    from buildpack_release.repository import Repository
    from buildpack_testing.export import LayerResult
    from buildpack_testing.launch import Container

COMPOSITE = "strata/python"
SAMPLE = Path("tests/apps/flask")
_PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    """What the app's server answered: status, first bytes as text, seconds from its start to the answer."""

    status: int
    text: str
    seconds: float


class Demo:
    """One demonstration; write gets the report, report gets progress and the buildpacks' output."""

    def __init__(
        self, repository: Repository, *, write: Callable[[str], object], report: Callable[[str], None]
    ) -> None:
        self._repository = repository
        self._write = write
        self._report = report

    def run(self, app: Path | None = None) -> None:
        """Go through all steps with the app (the sample without one). Raises ReleaseError when one fails."""
        app = app or self._repository.root / SAMPLE
        if not app.is_dir():
            raise UsageError(f"{app} is not a directory", advice="Give the directory of an app.")
        with ExitStack() as stack:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strata-demo-")))
            directories = self._package(scratch / "builder")
            variables = self._sources(stack, app)
            platform = LocalPlatform(scratch, directories, [[COMPOSITE]])
            first = self._build("2. Build the app", platform, app, variables)
            self._write(indented(plan_lines(first.detection)))
            self._write(_what_is_where(first.layers))
            self._serve(platform, app)
            again = self._build("4. Build again, nothing changed", platform, app, variables)
            self._write(indented(_reuse_lines(first, again)))

    def _package(self, builder: Path) -> tuple[Path, ...]:
        self._write("1. Package the buildpacks\n")
        started = time.perf_counter()
        root = self._repository.root
        outcomes = package(
            self._repository, [COMPOSITE], dist=root / "dist", build=root / "build", report=self._report
        )
        file = _package_file(outcomes, root / "dist")
        directories = unpack_buildpackage(file, builder)
        state = "made" if any(outcome.is_new for outcome in outcomes) else "up to date"
        spent = duration(time.perf_counter() - started)
        self._write(f"  dist/{file.name}: {size(file.stat().st_size)}, {state}, {spent}\n")
        self._write(f"  holds {len(directories)} buildpacks; they are used from the package below\n")
        return directories

    def _sources(self, stack: ExitStack, app: Path) -> dict[str, str]:
        """Serve Python and wheels on loopback if this machine has the means: then no network is needed."""
        if RuntimeSource.default() is RuntimeSource.DOWNLOAD:
            self._report("no CPython here to make an archive from: Python and packages come from the network")
            return connection_variables()
        runtimes = make_runtimes(report=self._report)
        variables = stack.enter_context(mirror_variables(runtimes))
        if app.resolve() != (self._repository.root / SAMPLE).resolve():
            return {**variables, **connection_variables()}
        files = [app / "requirements.txt"]
        index = stack.enter_context(index_variables(files, runtimes.minors, report=self._report))
        return {**variables, **index}

    def _build(
        self, title: str, platform: LocalPlatform, app: Path, variables: dict[str, str]
    ) -> BuildResult:
        self._write(f"\n{title}\n")
        result = platform.build(app, variables=variables, sink=lambda line: self._report(line.rstrip("\n")))
        self._write(f"  {phase_line(result.seconds)}\n")
        return result

    def _serve(self, platform: LocalPlatform, app: Path) -> None:
        command = web_command(app)
        self._write("\n3. Start it from the image's layers alone\n")
        with platform.container({"PORT": str(free_port())}) as container:
            start = container.start_environment
            self._write(indented(environment_lines(container.environment(), start, container.workspace)))
            self._write(f"  {_pip_line(container)}\n")
            if command is None:
                self._write("  not started: the app has no Procfile with a web process\n")
                return
            self._write(f"  $ {command}\n")
            answer, stopped = _fetch_page(container, command)
        self._write(f"  GET / answered {answer.status} after {duration(answer.seconds)}: {answer.text}\n")
        self._write(f"  {stopped}\n")


def web_command(app: Path) -> str | None:
    """Return the web process of the app's Procfile, if there is one."""
    try:
        text = (app / "Procfile").read_text("utf-8", "replace")
    except FileNotFoundError:
        return None
    found = re.search(r"^web:[ \t]*(\S.*)$", text, re.MULTILINE)
    return found[1].strip() if found else None


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def fetch(url: str, process: subprocess.Popen[str], *, patience: float = _PATIENCE) -> Answer:
    """Ask until the process answers. Raises ReleaseError if it ends or is silent for patience (seconds)."""
    started = time.perf_counter()
    while process.poll() is None and time.perf_counter() - started < patience:
        answer = _ask(url, patience)
        if answer:
            return Answer(*answer, time.perf_counter() - started)
        time.sleep(0.02)
    ended = f"it ended with {process.returncode}" if process.poll() is not None else "it stayed silent"
    raise ReleaseError(f"the app did not answer: {ended}")


def _ask(url: str, patience: float) -> tuple[int, str] | None:
    """Return status and text of a page, None if nobody listens yet. Raises ReleaseError for an error page."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=patience) as response:
            return response.status, _as_line(response.read(10_000).decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        with error:
            raise ReleaseError(f"{url} answered {error.code}") from error
    except OSError:
        return None


def _fetch_page(container: Container, command: str) -> tuple[Answer, str]:
    url = f"http://127.0.0.1:{container.variables['PORT']}/"
    line = ["/bin/sh", "-c", f"exec {command}"]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log,
        container.start(line, output=log) as process,
    ):
        try:
            answer = fetch(url, process)
        except ReleaseError as error:
            log.seek(0)
            raise ReleaseError(error.title, detail=log.read()[-4000:]) from error
        started = time.perf_counter()
        code = stop(process)
        return answer, f"SIGTERM: ended with {code} after {duration(time.perf_counter() - started)}"


def _pip_line(container: Container) -> str:
    """Say whether the image's Python can import pip, by trying."""
    tried = container.run(["python", "-I", "-c", "import pip"], check=False)
    return (
        f"python -c 'import pip' in the image: {'works' if tried.returncode == 0 else 'no module named pip'}"
    )


def _what_is_where(layers: Sequence[LayerResult]) -> str:
    inside = [layer for layer in layers if layer.types.launch]
    outside = [layer for layer in layers if not layer.types.launch]
    text = "\n  In the app image\n" + _table(inside)
    if outside:
        text += "  Not in the app image: the build and its cache keep it\n" + _table(outside)
    return text


def _table(layers: Sequence[LayerResult]) -> str:
    rows = [(f"{one.buildpack} {one.name}", size(one.size), f"{one.files:,} files") for one in layers]
    rows.append(("together", size(sum(one.size for one in layers)), ""))
    return "".join(f"    {line}\n" for line in columns(rows).splitlines())


def _reuse_lines(first: BuildResult, again: BuildResult) -> list[str]:
    lines = []
    for layer in again.layers:
        same = first.layer(layer.buildpack, layer.name).diff_id == layer.diff_id
        state = "reused" if layer.reused else "made again"
        lines.append(f"{layer.buildpack} {layer.name}: {state}, {'same' if same else 'other'} digest")
    spent = [sum(result.seconds.values()) for result in (first, again)]
    return [*lines, f"{duration(spent[1])} instead of {duration(spent[0])}"]


def _package_file(outcomes: Sequence[Outcome], dist: Path) -> Path:
    """Return the composite's package for this machine's processor."""
    target = f"linux/{local_arch()}"
    for outcome in outcomes:
        for image in outcome.package.images:
            if outcome.package.id == COMPOSITE and image.target == target:
                return dist / image.file
    raise ReleaseError(f"{COMPOSITE} is not packaged for {target}")


def _as_line(text: str) -> str:
    """Return the visible text of a page on one line, cut after 100 characters."""
    visible = re.sub(r"<[^>]*>", " ", text)
    return " ".join(visible.split())[:100]
