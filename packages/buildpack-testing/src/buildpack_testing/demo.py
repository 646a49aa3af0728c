"""The showpiece: packages the buildpacks, builds an app with them, serves a page, tells what is where."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import MissingToolError, NetworkError, ReleaseError, UsageError, shown_path
from buildpack_release.model.targets import own_arch
from buildpack_release.packaging.package import PackageOutcome, package
from buildpack_release.text import columns, duration, size
from buildpack_testing.build_report import (
    environment_lines,
    indented,
    phase_line,
    plan_lines,
)
from buildpack_testing.failure import output_is_shown
from buildpack_testing.local_sources import connection_variables, mirror_variables, served_index
from buildpack_testing.package_index import fill_index, write_index
from buildpack_testing.packaged import unpack_buildpackage
from buildpack_testing.platform import BuildResult, LocalPlatform
from buildpack_testing.poetry_program import (
    known_poetry,
    poetry_wheels,
    run_poetry,
    source_table,
    unpack_poetry,
)
from buildpack_testing.runtimes import make_runtimes
from buildpack_testing.server import serve
from buildpack_testing.trial_page import write_page
from buildpack_testing.trial_report import report_trial
from buildpack_testing.uv_program import run_uv, unpack_uv, uv_wheel
from buildpack_testing.web import free_port, started

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from buildpack_release.model.repository import Repository
    from buildpack_testing.export_phase import LayerResult
    from buildpack_testing.launched_process import ImageFileSystem
    from buildpack_testing.trial_report import TrialReport

COMPOSITE = "strata/python"
PAGE = "demo.html"
"""The report of the second build, in the folder `build`."""
SAMPLE = Path("tests/apps/flask")
OTHERS = (Path("tests/apps/pdm"), Path("tests/apps/uv"), Path("tests/apps/poetry"))
"""Apps with the same packages, whose files are for other tools."""

_RUNTIME, _VENV = "strata/python-runtime", "strata/app-venv"


class Demo:
    """One demonstration; write gets the report, report gets progress and the buildpacks' output."""

    def __init__(
        self,
        repository: Repository,
        *,
        write: Callable[[str], object],
        report: Callable[[str], None],
        output: Path | None = None,
    ) -> None:
        """Take a repository; packages go to dist/ and build/ below output, by default the repository."""
        self._repository = repository
        self._output = output or repository.root
        self._write = write
        self._report = report
        self._tools: dict[str, tuple[Path, ...]] = {}

    def run(self, app: Path | None = None) -> None:
        """Go through all steps with the app (the sample without one). Raises ReleaseError when one fails."""
        app = app or self._repository.root / SAMPLE
        if not app.is_dir():
            raise UsageError(f"{app} is not a directory", advice="Name the directory of an app.")
        with ExitStack() as stack:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strata-demo-")))
            directories = self._package(scratch / "builder")
            variables = self._sources(stack, app)
            platform = LocalPlatform(scratch, directories, [[COMPOSITE]])
            first = self._build(f"2. Build {shown_path(app)}, without containers", platform, app, variables)
            self._write(indented(plan_lines(first.detection)))
            self._write(_what_is_where(first.layers))
            lines = self._serve(platform)
            again = self._build("4. Build again, nothing changed", platform, app, variables)
            self._write(indented(_reuse_lines(first, again)))
            with platform.container() as container:
                self._write_page(report_trial(app.resolve().name, again, container, lines))
            if "UV_DEFAULT_INDEX" in variables:  # then there is an index of these packages
                self._others(scratch / "samples", platform, variables, first)
        self._write("\nYour own app: ./scripts/inv try PATH. Everything else: ./scripts/inv -l\n")

    def _package(self, builder: Path) -> tuple[Path, ...]:
        self._write("1. Package the buildpacks\n")
        started = time.perf_counter()
        dist, build = self._output / "dist", self._output / "build"
        outcomes = package(self._repository, [COMPOSITE], dist=dist, build=build, report=self._report)
        file = _package_file(outcomes, dist)
        directories = unpack_buildpackage(file, builder)
        state = "made" if any(outcome.is_new for outcome in outcomes) else "up to date"
        spent = duration(time.perf_counter() - started)
        self._write(f"  {shown_path(file)}: {size(file.stat().st_size)}, {state} in {spent}\n")
        self._write(
            f"  It holds {len(directories)} buildpacks. What follows uses them as unpacked from this file.\n"
        )
        return directories

    def _sources(self, stack: ExitStack, app: Path) -> dict[str, str]:
        """Serve Python and wheels on loopback if this machine has the means: then no network is needed."""
        try:
            runtimes = make_runtimes(report=self._report)
        except (MissingToolError, NetworkError) as error:
            self._report(f"Python and packages come from the network: {error}")
            return connection_variables()
        variables = stack.enter_context(mirror_variables(runtimes))
        if app.resolve() != (self._repository.root / SAMPLE).resolve():
            return {**variables, **connection_variables()}
        wheels = fill_index([app / "requirements.txt"], report=self._report).wheels
        self._tools = self._tool_wheels(runtimes.minors[-1])
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strata-demo-index-")))
        index = write_index([*wheels, *chain(*self._tools.values())], directory / "index")
        served = served_index(stack.enter_context(serve(index.directory)))
        return {**variables, **served, "UV_DEFAULT_INDEX": served["PIP_INDEX_URL"]}

    def _tool_wheels(self, minor: str) -> dict[str, tuple[Path, ...]]:
        """Return the wheels of uv and Poetry, as far as they can be had for this Python."""
        root = self._repository.root
        ways: dict[str, Callable[[], tuple[Path, ...]]] = {
            "uv": lambda: (uv_wheel(root),),
            "poetry": lambda: poetry_wheels(known_poetry(root).releases[:1], [minor]),
        }
        found = {}
        for name, fetch in ways.items():
            try:
                found[name] = fetch()
            except NetworkError as error:
                self._report(f"Nothing will be built with {name}: {error}")
        return found

    def _build(
        self, title: str, platform: LocalPlatform, app: Path, variables: dict[str, str]
    ) -> BuildResult:
        self._write(f"\n{title}\n")
        with output_is_shown():
            result = platform.build(
                app, variables=variables, sink=lambda line: self._report(line.rstrip("\n"))
            )
        self._write(f"  {phase_line(result.seconds)}\n")
        return result

    def _others(
        self, scratch: Path, platform: LocalPlatform, variables: dict[str, str], first: BuildResult
    ) -> None:
        """Build apps whose files are for other tools in the place of the first one."""
        self._write("\n5. The same packages, locked for other tools\n")
        for sample in OTHERS:
            if sample.name in ("uv", "poetry") and not self._tools.get(sample.name):
                continue
            app = shutil.copytree(self._repository.root / sample, scratch / sample.name)
            self._lock(app, platform, variables["UV_DEFAULT_INDEX"])
            with output_is_shown():
                result = platform.build(
                    app, variables=variables, sink=lambda line: self._report(line.rstrip("\n"))
                )
            said = result.run(_VENV).printed.splitlines()
            done = next((line.strip() for line in said if "Installing " in line), "Installed")
            python = [build.layer(_RUNTIME, "python").diff_id for build in (first, result)]
            same = "the same" if python[0] == python[1] else "another"
            self._write(f"  {sample}: {done}; Python's layer has {same} digest\n")

    def _lock(self, app: Path, platform: LocalPlatform, index: str) -> None:
        """Lock an app where a lock names the index, or has files that this one lacks: with uv or Poetry."""
        scratch = app.parent
        if app.name == "uv":
            run_uv(unpack_uv(self._tools["uv"][0], scratch), "lock", cwd=app, UV_DEFAULT_INDEX=index)
        elif app.name == "poetry":
            with (app / "pyproject.toml").open("a", encoding="utf-8") as project:
                project.write(source_table(index))
            python = platform.workspace.layers / "strata_python-runtime/python/cpython/bin/python3"
            unpacked = unpack_poetry(self._tools["poetry"], scratch / "unpacked")
            run_poetry(python, unpacked, "lock", cwd=app)

    def _write_page(self, report: TrialReport) -> None:
        file = self._output / "build" / PAGE
        write_page(report, file)
        self._write(f"  What it has made, as a page: {shown_path(file)}\n")

    def _serve(self, platform: LocalPlatform) -> list[str]:
        """Start what starts by itself and return what came of it."""
        self._write("\n3. Start it, with nothing there but the layers of the image\n")
        with platform.container({"PORT": str(free_port())}) as container:
            start, workspace = container.start_environment, container.workspace
            self._write(indented(environment_lines(container.environment(), start, workspace)))
            self._write(f"  python -c 'import pip': {_import_pip(container)}\n")
            lines = started(container) or ["Not started: nothing starts by itself."]
            self._write(indented(lines))
            return lines


def _import_pip(container: ImageFileSystem) -> str:
    """Return what happens when the image's Python imports pip, by trying."""
    tried = container.run(["python", "-I", "-c", "import pip"], check=False)
    return "works" if tried.returncode == 0 else (tried.stderr.strip().splitlines() or ["fails"])[-1]


def _what_is_where(layers: Sequence[LayerResult]) -> str:
    inside = [layer for layer in layers if layer.types.launch]
    outside = [layer for layer in layers if not layer.types.launch]
    text = "\n  In the app image, beside the app itself\n" + _table(inside)
    if outside:
        text += "  Not in the app image: needed to build, kept in the cache for the next build\n" + _table(
            outside
        )
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
    lines.append(
        f"{duration(spent[1])} instead of {duration(spent[0])}, of which the buildpacks took "
        f"{duration(again.seconds['build'])} instead of {duration(first.seconds['build'])}"
    )
    return lines


def _package_file(outcomes: Sequence[PackageOutcome], dist: Path) -> Path:
    """Return the composite's package for this machine's processor."""
    target = f"linux/{own_arch()}"
    for outcome in outcomes:
        for image in outcome.package.images:
            if outcome.package.id == COMPOSITE and image.target == target:
                return dist / image.file
    raise ReleaseError(f"{COMPOSITE} is not packaged for {target}")
