"""Builds somebody's app on this machine and shows what came out: the logic of `inv try`."""

from __future__ import annotations

import hashlib
import shlex
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from buildpack_common.files import remove
from buildpack_common.redaction import hide
from buildpack_release.errors import UsageError, shown_path
from buildpack_release.files.cache import cache_directory
from buildpack_release.packaging.assemble import assemble_all
from buildpack_release.text import size
from buildpack_testing.build_report import (
    environment_lines,
    indented,
    layer_table,
    may_be_secret,
    phase_line,
    plan_lines,
    process_rows,
)
from buildpack_testing.failure import output_is_shown
from buildpack_testing.invocation import lifecycle_environment
from buildpack_testing.local_sources import RuntimeSource, connection_variables, runtime_variables
from buildpack_testing.platform import BuildResult, LocalPlatform
from buildpack_testing.trial_page import write_page
from buildpack_testing.trial_report import report_trial
from buildpack_testing.web import free_port, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from buildpack_release.model.repository import Repository
    from buildpack_testing.launched_process import ImageFileSystem


@dataclass(frozen=True)
class AppTrial:
    """What to try. order is a buildpack ("": the composite that no other contains), variables are the user's.

    clear forgets what earlier builds of the app left for reuse; run is a process type or a command line to
    start in the image instead of what starts by itself; keep leaves the layers and the app as the build left
    them, for looking at; page is where a report for people is written.
    """

    app: Path
    order: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    clear: bool = False
    run: str = ""
    runtime: RuntimeSource | None = None
    keep: bool = False
    page: Path | None = None


def parse_variables(assignments: list[str]) -> dict[str, str]:
    """Read NAME=VALUE pairs. Raises UsageError for anything else."""
    variables = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not (name and equals):
            raise UsageError(f"--env {assignment!r} is not NAME=VALUE")
        variables[name] = value
    return variables


def parse_source(name: str) -> RuntimeSource | None:
    """Read a runtime source; "" leaves the choice to us. Raises UsageError for an unknown one."""
    known = [source.value for source in RuntimeSource]
    if name and name not in known:
        raise UsageError(f"there is no runtime source {name!r}", advice=f"Choose from {', '.join(known)}.")
    return RuntimeSource(name) if name else None


def workspace_of(app: Path, workspaces: Path) -> Path:
    """Return the directory below workspaces where builds of an app take place, the same each time."""
    app = app.resolve()
    digest = hashlib.sha256(str(app).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return workspaces / f"{app.name or 'root'}-{digest}"


def try_app(
    repository: Repository,
    trial: AppTrial,
    *,
    write: Callable[[str], object],
    report: Callable[[str], None],
    built: Callable[[BuildResult], object] = lambda _result: None,
    stdout: int | None = None,
    workspaces: Path | None = None,
) -> int:
    """Build the app, write what came out, and return the exit code of the process that was run (0 without).

    Each app has its own directory below workspaces (by default in the cache), so that the next build reuses.
    What the buildpacks print goes to report line by line, the result of the build to built, what a process
    that is run prints to stdout (a file descriptor; None: this process's own). Raises ReleaseError:
    PhaseError for a build that failed, UsageError for bad input, whatever assembling raises.
    """
    if not trial.app.is_dir():
        raise UsageError(f"{trial.app} is not a directory", advice="Name the directory of an app.")
    root = workspace_of(trial.app, workspaces or cache_directory() / "try")
    order = trial.order or outermost_composite(repository)
    repository.get(order)
    directories = assemble_all(repository, [order], repository.root / "build", report=report)
    platform = LocalPlatform(root, directories, [[order]])
    with _variables(trial, report) as variables, output_is_shown():
        result = platform.build(
            trial.app,
            variables=variables,
            clear=trial.clear,
            sink=lambda line: report(line.rstrip("\n")),
        )
    built(result)
    write(build_summary(platform, result))
    if trial.keep:
        write(_set_aside(platform))
    with platform.container() as container:
        write(launch_summary(container))
        _write_page(trial, result, container)  # whatever becomes of starting it
        if trial.run:
            code = _run(container, trial.run, write, stdout)
        else:
            code, lines = 0, _start(container, write)
            _write_page(trial, result, container, lines)
    _tidy(platform)
    if trial.page:
        write(f"\nReport: {shown_path(trial.page)}\n")
    return code


def outermost_composite(repository: Repository) -> str:
    """Return the id of the composite that no other contains. Raises UsageError unless there is one."""
    orders = {one.id: one.descriptor.order for one in repository.buildpacks if one.descriptor.is_composite}
    inner = {entry.id for order in orders.values() for group in order for entry in group}
    outer = sorted(orders.keys() - inner)
    if len(outer) != 1:
        found = f"several composites that no other contains: {', '.join(outer)}" if outer else "no composite"
        raise UsageError(f"there is {found}", advice="Write --builder-order ID: what to build with.")
    return outer[0]


def build_summary(platform: LocalPlatform, result: BuildResult) -> str:
    """Return plan, layers, the environment of later buildpacks and the times of a build as text."""
    start = lifecycle_environment(platform.workspace, platform.base)
    in_image = sum(layer.types.launch for layer in result.layers)
    return "".join(
        (
            "\nPlan\n",
            indented(plan_lines(result.detection)),
            "\nLayers\n",
            indented(layer_table(result.layers).splitlines()),
            f"  in the app image: {size(result.image_size)} in {in_image} layers, and the app itself\n",
            "\nEnvironment of later buildpacks (what the build image does not have)\n",
            indented(environment_lines(result.next_environment, start, platform.workspace)),
            f"\nTime: {phase_line(result.seconds)}\nPlace: {platform.workspace.root}\n",
        )
    )


def launch_summary(container: ImageFileSystem) -> str:
    """Return the environment and the processes of an image as text."""
    env = container.environment()
    processes = [f"{kind}: {line}" for kind, line in process_rows(container.image)]
    return "".join(
        (
            "\nEnvironment at launch (what the run image does not have)\n",
            indented(environment_lines(env, container.start_environment, container.workspace)),
            "\nProcesses\n",
            indented(processes or ["none defined: start a command with --run"]),
        )
    )


@contextmanager
def _variables(trial: AppTrial, report: Callable[[str], None]) -> Iterator[dict[str, str]]:
    """Return all variables of the build; those of the user win."""
    source = trial.runtime or RuntimeSource.default()
    if "BP_PYTHON_RUNTIMES" in trial.variables or "BP_DEPENDENCY_MIRROR" in trial.variables:
        source = RuntimeSource.DOWNLOAD
    if trial.runtime is None and source is RuntimeSource.LOCAL:
        report(
            "Python comes from the CPythons of this machine, whose newest stands for the default line"
            " (--runtime download: the published ones)"
        )
    with runtime_variables(source, report=report) as variables:
        for name, value in trial.variables.items():
            if may_be_secret(name):
                hide(value)
        yield {**variables, **connection_variables(), **trial.variables}


def _run(container: ImageFileSystem, line: str, write: Callable[[str], object], stdout: int | None) -> int:
    """Run a process type or a command line in the image, on this terminal."""
    words = shlex.split(line)
    if not words:
        raise UsageError("--run needs a process type or a command")
    is_type = container.image.process(words[0]) is not None
    command = container.command(words[0], words[1:]) if is_type else words
    write(f"\n$ {shlex.join(command)}\n")
    code = container.attach(command, process_type=words[0] if is_type else None, stdout=stdout)
    return code if code >= 0 else 128 - code  # as a shell says that a signal ended it


def _write_page(
    trial: AppTrial, result: BuildResult, container: ImageFileSystem, start: Iterable[str] = ()
) -> None:
    """Write the report for people, if one is asked for."""
    if trial.page:
        write_page(report_trial(trial.app.resolve().name, result, container, start), trial.page)


def _start(container: ImageFileSystem, write: Callable[[str], object]) -> list[str]:
    """Start what starts by itself and return what came of it. Raises ReleaseError if it does not answer."""
    container = replace(container, variables={**container.variables, "PORT": str(free_port())})
    lines = started(container)
    if lines:
        write(f"\nStart\n{indented(lines)}")
    return lines


def _set_aside(platform: LocalPlatform) -> str:
    """Move layers and app out of the way of the image's; return text that says where they are."""
    lines = ["", "As the build has left it"]
    for path in (platform.workspace.layers, platform.workspace.app):
        kept = path.with_name(f"{path.name}-of-build")
        remove(kept)
        path.rename(kept)
        lines.append(f"  {kept}")
    return "\n".join(lines) + "\n"


def _tidy(platform: LocalPlatform) -> None:
    """Remove what the image and the cache hold anyway."""
    remove(platform.workspace.layers)
    remove(platform.workspace.app)
