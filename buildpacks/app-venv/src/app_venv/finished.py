"""What is done with the finished virtual environment: examined before its layer counts, then summarised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.job import Finished
from app_venv.pip_check import report_problems
from app_venv.static_mode import MANAGE, StaticMode
from app_venv.summary import measure, read_room, summary_rows
from buildpack_api.layers import SbomFormat

if TYPE_CHECKING:
    from app_venv.installed import Distribution
    from app_venv.job import Job
    from app_venv.resolution import Resolution
    from app_venv.reuse import Decision
    from app_venv.summary import Room

_SBOMS = (SbomFormat.CYCLONEDX, SbomFormat.SPDX)


def examine(job: Job, decision: Decision, resolution: Resolution) -> Finished:
    """Look at the environment before its layer is saved: what is raised here leaves no layer behind.

    A reused one was examined when it was made: what came out of that is in the layer's metadata and in the
    bills of materials, which the lifecycle restores. What is not there is done again.
    """
    room = read_room(job.key.room) if decision.reuse else None
    if room and all(job.layer.has_sbom(media) for media in _SBOMS):
        problems = job.key.problems
    else:
        problems, room = _read_and_record(job, resolution)
    report_problems(problems, job.options.check, job.context.output)
    return Finished(job, decision, resolution, problems, room, _collect_static(job))


def _collect_static(job: Job) -> str:
    """Return where static files were put, or ''."""
    mode = job.options.static
    if mode is not StaticMode.ON and not (job.context.app_dir / MANAGE).is_file():
        return ""
    from app_venv.collectstatic import (  # noqa: PLC0415  (only for Django)
        Project,
        app_environment,
        collect_static,
    )

    environment = app_environment(job.context.environment, job.venv)
    project = Project(job.context.app_dir, job.venv / "bin" / "python", environment)
    return collect_static(project, job.site_packages, mode, job.context.output)


def _read_and_record(job: Job, resolution: Resolution) -> tuple[tuple[str, ...], Room]:
    """Write the bills of materials; return what does not fit together, and what the environment takes."""
    from app_venv.dependencies import read_graph  # noqa: PLC0415  (not for a reused environment)
    from app_venv.installed import installed_distributions  # noqa: PLC0415
    from app_venv.sbom import bill_of  # noqa: PLC0415
    from buildpack_common.sbom_documents import cyclonedx, spdx  # noqa: PLC0415

    distributions = installed_distributions(job.site_packages)
    _look_at_launch(job, distributions)
    extras = {package.name: package.extras for package in resolution.packages}
    graph = read_graph(distributions, extras, job.tools.interpreter)
    bill = bill_of(distributions, resolution, graph, job.installer.origins.checkouts)
    job.layer.write_sbom(SbomFormat.CYCLONEDX, cyclonedx(bill))
    job.layer.write_sbom(SbomFormat.SPDX, spdx(bill, job.context.environment))
    return graph.problems, measure(job.venv, distributions)


def _look_at_launch(job: Job, distributions: tuple[Distribution, ...]) -> None:
    """Make scripts start, and warn of what the app image will not have."""
    from app_venv.launchable import editable_directory, make_scripts_start, outside  # noqa: PLC0415

    context = job.context
    for one in distributions:
        directory = editable_directory(one)
        if directory:
            context.output.step(f"{one.label} is editable: imported from {directory}")
    failing = make_scripts_start(job.venv, distributions)
    if failing:
        context.output.warning(
            f"Commands of the virtual environment cannot start: {', '.join(failing)}",
            "What their first line names does not exist. Tell the authors of the packages that brought them.",
        )
    missing = list(outside(distributions, (context.app_dir, context.layers.root)))
    if missing:
        context.output.warning(
            "Packages will be missing in the app image",
            "\n".join(f"{one}." for one in missing)
            + "\nOnly the app's directory and the layers come into the "
            "image. Move them into the app, or require them without -e.",
        )


def summarise(finished: Finished) -> None:
    """Print the closing summary."""
    job, decision = finished.job, finished.decision
    done = "reused" if decision.reuse else "made anew" if decision.reasons else "new"
    rows = [
        ("Python", job.tools.interpreter.version),
        ("pip", f"{job.tools.pip.version}, not in the virtual environment"),
        ("virtual environment", f"{done}: {job.venv}"),
    ]
    rows += summary_rows(finished.room, job.installer.origins, reused=decision.reuse)
    rows += [("static files", finished.static)] if finished.static else []
    job.context.output.summary("Summary", rows)
