"""One build's work: what is asked for, what does it, where it goes; examined and summed up at its end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from app_venv.after.check import report_problems
from app_venv.after.summary import measure, read_disk_usage, summary_rows, warn_of_environments
from app_venv.environment.venv import has_distribution, site_packages
from app_venv.evidence.key import installer_key, venv_key
from app_venv.settings import BuiltFor, StaticMode
from buildpack_api.layers import LayerTypes, SbomFormat

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app_venv.after.summary import DiskUsage
    from app_venv.environment.installed import InstalledDistribution
    from app_venv.evidence.key import VenvKey
    from app_venv.evidence.resolution import InstallationResolution
    from app_venv.evidence.reuse import Decision
    from app_venv.heavy.heavy_layers import HeavyPlan
    from app_venv.inputs.pinning import PinnedInputs
    from app_venv.installers.strategy import EnvironmentInstaller, InstallerCache, InstallStrategy
    from app_venv.installers.tools import Tools
    from app_venv.settings import Settings
    from app_venv.unchanged.inventory import Inventory
    from app_venv.unchanged.moving import UnchangedParts
    from app_venv.unchanged.ownership import EnvironmentTree, OwnFiles
    from buildpack_api.context import BuildContext
    from buildpack_api.layers import Layer
    from buildpack_common.known_secrets import KnownSecret

LAYER = "venv"
_INSTALLER_LAYER = "installer"
_SBOMS = (SbomFormat.CYCLONEDX, SbomFormat.SPDX)


@dataclass(frozen=True)
class EnvironmentJob:
    """All that is known before the first program runs."""

    context: BuildContext = field(repr=False)
    strategy: InstallStrategy
    inputs: PinnedInputs
    tools: Tools
    key: VenvKey
    layer: Layer
    made_by: Layer
    installer: EnvironmentInstaller
    settings: Settings
    secrets: tuple[KnownSecret, ...] = field(default=(), repr=False)

    def remember_installer(self, inventory: Inventory | None) -> None:
        """Note in the cache what has made the environment and, if it is a new one, what it holds."""
        if not self.made_by.reusable:
            self.made_by.clear()
        if inventory:
            inventory.write(self.made_by.path)
        self.made_by.save(LayerTypes(cache=True))

    @property
    def made_for(self) -> tuple[str, ...]:
        """All that the files of an installed wheel depend on, beside the wheel itself."""
        key, installer = self.key, self.made_by.key.to_metadata()
        place = (key.recipe, key.python, key.python_abi, key.interpreter, key.target, key.path)
        choice = ("\n".join(key.settings), "\n".join(key.policy))
        return (*place, *choice, key.heavy, repr(installer))

    @cached_property
    def build_environment(self) -> tuple[str, ...]:
        """What a build backend can see now."""
        from app_venv.evidence.build_environment import build_environment  # not for wheels only

        return build_environment(
            self.tools.environment,
            users=self.context.platform_env,
            ignored=self.settings.build_ignore,
            secrets=self.secrets,
            python=self.tools.interpreter.build if self.settings.built_for is BuiltFor.PATCH else "",
        )

    @cached_property
    def loads_heavy_files(self) -> bool:
        """Whether anything may load heavy files before the image starts: a later buildpack, or Django.

        Whether Django is installed does not count: it may have come, or gone, in this very build.
        """
        from app_venv.after.collectstatic import MANAGE  # few environments have such layers
        from app_venv.heavy.heavy_layers import needs_contents

        return needs_contents(self.context.plan) or (
            self.settings.static is not StaticMode.OFF and (self.context.app_dir / MANAGE).is_file()
        )

    @property
    def venv(self) -> Path:
        """The virtual environment, below its layer's root."""
        return self.installer.venv

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        return site_packages(self.venv, self.tools.interpreter.minor)


@dataclass(frozen=True)
class FinishedEnvironment:
    """The environment, made or reused: ``decision`` says which and why.

    ``resolution`` is what pip chose; for a reused environment, what it chose when that was made. ``problems``
    are what does not fit together in it, ``room`` is what it takes, ``static`` what came of static
    files, which are in ``static_files``. ``heavy`` are the layers that it has links into, if any.
    """

    job: EnvironmentJob
    decision: Decision
    resolution: InstallationResolution
    problems: tuple[str, ...]
    room: DiskUsage
    static: str
    static_files: Path | None = None
    heavy: HeavyPlan | None = None

    @property
    def heavy_layers(self) -> tuple[str, ...]:
        """What is noted of the layers that it has links into."""
        return tuple(map(str, self.heavy.layers)) if self.heavy else ()

    @property
    def is_of_use(self) -> bool:
        """Whether the next build may use a new one: as it is, or what in it is from published wheels."""
        return not self.job.inputs.unprovable or any(self._identities.values())

    def moved_with_links(self) -> frozenset[str]:
        """Return the distributions with heavy layers that a later build can move. Raises OSError."""
        if not self.heavy:
            return frozenset()
        known = {name for name, identity in self._identities.items() if identity}
        return frozenset(self.heavy.distributions) & known & self._own_files.keys()

    def inventory(self, parts: UnchangedParts) -> Inventory:
        """List what a later build may move out of it; ``parts`` were moved into it. Raises OSError.

        Call it when heavy files are in their layers.
        """
        from app_venv.unchanged.moving import take_inventory  # not for a reused environment

        job, own = self.job, self._own_files
        python, below = job.tools.interpreter, job.site_packages.relative_to(job.venv)
        wheels = self.heavy.wheels if self.heavy else ()
        heavy = [f"{below}/{name}" for wheel in wheels for name in wheel.files]
        return take_inventory(
            job.venv,
            self._tree.with_links(job.venv, heavy),
            own,
            parts,
            distributions=self._distributions,
            identities=self._identities,
            made_for=job.made_for,
            python=python,
        )

    @cached_property
    def _distributions(self) -> tuple[InstalledDistribution, ...]:
        from app_venv.environment.installed import installed_distributions  # not for a reused environment

        return installed_distributions(self.job.site_packages)

    @cached_property
    def _tree(self) -> EnvironmentTree:
        """What is in the environment; heavy files may still be, too."""
        from app_venv.unchanged.ownership import read_tree  # not for a reused environment

        return read_tree(self.job.venv)

    @cached_property
    def _own_files(self) -> Mapping[str, OwnFiles]:
        from app_venv.unchanged.ownership import own_files  # not for a reused environment

        heavy = self.heavy.distributions if self.heavy else ()
        return own_files(self.job.venv, self._tree, self._distributions, heavy)

    @cached_property
    def _identities(self) -> dict[str, str]:
        """What tells a later build that it would install the same wheels, by their distributions."""
        return self.job.installer.identities(self.job.inputs, self.resolution)

    @property
    def layer(self) -> Layer:
        """The layer, whose key says what it has come to hold."""
        key = replace(
            self.job.key,
            packages=self.resolution.record,
            problems=self.problems,
            room=self.room.record,
            built_with=self.job.build_environment if self.resolution.built else (),
            searched=tuple(sorted({*self._sources, *self._searched})),
            heavy_layers=self.heavy_layers,
        )
        return replace(self.job.layer, key=key)

    @property
    def search_again(self) -> bool:
        """Whether the layers may hold a secret that they were not searched for when they were made."""
        return not self._sources <= self._searched

    @property
    def _sources(self) -> set[str]:
        """Digests of where the secrets are from, not of the secrets."""
        return {
            hashlib.sha256(one.source.encode("utf-8", "replace")).hexdigest()[:12] for one in self.job.secrets
        }

    @property
    def _searched(self) -> set[str]:
        return set(self.job.key.searched) if self.decision.reuse else set()


def venv_path(context: BuildContext) -> Path:
    """Return the place of the virtual environment."""
    return context.layers.root / LAYER / "venv"


def prepare(
    context: BuildContext,
    strategy: InstallStrategy,
    settings: Settings,
    inputs: PinnedInputs,
    *,
    tools: Tools,
    cache: InstallerCache,
) -> EnvironmentJob:
    """Open the layer with the key of these inputs, and with what came out of it in an earlier build."""
    path = context.layers.root / LAYER
    key = venv_key(
        context,
        tools.interpreter,
        inputs,
        settings=strategy.relevant_settings(
            {**context.environment, **tools.access.variables}, context.app_dir
        ),
        policy=strategy.policy(settings),
        heavy=settings.heavy,
        path=path,
    )
    layer = context.layers.open(LAYER, key := key.with_outcomes_of(context.layers.restored_metadata(LAYER)))
    made_by = context.layers.open(_INSTALLER_LAYER, installer_key(strategy.name, tools.program))
    if layer.restored and not made_by.reusable:
        reasons = made_by.reasons or ("what it was installed with is not known",)
        layer = replace(layer, reasons=(*layer.reasons, *reasons))
    installer = strategy.installer(context, settings, tools, venv_path(context), cache.path)
    secrets = _known_secrets(context, strategy, inputs, tools)
    return EnvironmentJob(context, strategy, inputs, tools, key, layer, made_by, installer, settings, secrets)


def _known_secrets(
    context: BuildContext, strategy: InstallStrategy, inputs: PinnedInputs, tools: Tools
) -> tuple[KnownSecret, ...]:
    environment = {**context.environment, **tools.access.variables}
    return tools.access.secrets(environment, [*strategy.file_secrets(environment), *inputs.secrets])


def examine(
    job: EnvironmentJob,
    decision: Decision,
    resolution: InstallationResolution,
    heavy: HeavyPlan | None = None,
) -> FinishedEnvironment:
    """Look at the environment before its layer is saved: what is raised here leaves no layer behind.

    A reused one was examined when it was made: what came out of that is in the layer's metadata and in the
    bills of materials, which the lifecycle restores. What is not there is done again.
    """
    room = read_disk_usage(job.key.room) if decision.reuse else None
    if room and all(job.layer.has_sbom(media) for media in _SBOMS):
        problems = job.key.problems
    else:
        from app_venv.environment.installed import installed_distributions  # not for a reused environment

        distributions = installed_distributions(job.site_packages)
        if not decision.reuse:
            job = _note_python(job, distributions)
        elsewhere = heavy.elsewhere if heavy else 0
        problems, room = _read_and_record(job, resolution, distributions, elsewhere)
    report_problems(problems, job.settings.check, job.context.output)
    warn_of_environments(job.context.app_dir, job.context.output)
    static, directory = _collect_static(job)
    return FinishedEnvironment(job, decision, resolution, problems, room, static, directory, heavy)


def _collect_static(job: EnvironmentJob) -> tuple[str, Path | None]:
    """Return what came of static files, for people, and the directory in which they are."""
    mode = job.settings.static
    if mode is not StaticMode.ON and not has_distribution(job.site_packages, "django"):
        return "", None
    from app_venv.after.collectstatic import (  # only for Django
        Project,
        app_environment,
        collect_static,
    )

    environment = app_environment(job.context.environment, job.venv)
    with job.tools.access.trusting(environment) as trusting:
        project = Project(job.context.app_dir, job.venv / "bin" / "python", trusting)
        found = collect_static(project, job.site_packages, mode, job.context.output)
    return found.text, found.directory


def _note_python(job: EnvironmentJob, distributions: tuple[InstalledDistribution, ...]) -> EnvironmentJob:
    """Note in the key which Python has made the environment, and what may not go with another patch of it."""
    from app_venv.environment.embedders import linked_to_libpython  # not for a reused environment
    from app_venv.evidence.patch_conditions import deciding, distribution_conditions, written_conditions

    interpreter = job.tools.interpreter
    written = written_conditions(job.inputs.conditional) | distribution_conditions(distributions)
    key = replace(
        job.key,
        made_by=(interpreter.version, interpreter.build),
        conditions=deciding(written, interpreter.minor),
        needs_libpython=linked_to_libpython(job.venv),
    )
    return replace(job, key=key)


def _read_and_record(
    job: EnvironmentJob,
    resolution: InstallationResolution,
    distributions: tuple[InstalledDistribution, ...],
    elsewhere: int,
) -> tuple[tuple[str, ...], DiskUsage]:
    """Write the bills of materials; return what does not fit together, and what the environment takes.

    So many bytes of it are ``elsewhere``.
    """
    from app_venv.after.dependencies import read_graph  # not for a reused environment
    from app_venv.after.sbom import bom_of
    from buildpack_common.sbom_documents import cyclonedx, spdx

    _look_at_launch(job, distributions)
    extras = {package.name: package.extras for package in resolution.packages}
    graph = read_graph(distributions, extras, job.tools.interpreter)
    bom = bom_of(distributions, resolution, graph, job.installer.origins.checkouts)
    job.layer.write_sbom(SbomFormat.CYCLONEDX, cyclonedx(bom))
    job.layer.write_sbom(SbomFormat.SPDX, spdx(bom, job.context.environment))
    return graph.problems, measure(job.venv, distributions, elsewhere=elsewhere)


def _look_at_launch(job: EnvironmentJob, distributions: tuple[InstalledDistribution, ...]) -> None:
    """Make scripts start, and warn of what the app image will not have."""
    from app_venv.after.launchable import make_scripts_start, outside

    context = job.context
    for one in distributions:
        directory = one.editable_directory()
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


def summarise(finished: FinishedEnvironment) -> None:
    """Print the closing summary."""
    job, decision = finished.job, finished.decision
    done = "reused" if decision.reuse else "made anew" if decision.reasons else "new"
    rows = [
        ("Python", job.tools.interpreter.version),
        (job.strategy.name, f"{job.tools.program.version}, not in the virtual environment"),
        ("virtual environment", f"{done}: {job.venv}"),
    ]
    rows += summary_rows(finished.room, job.installer.origins, reused=decision.reuse)
    rows += [("static files", finished.static)] if finished.static else []
    rows += [("not read", job.inputs.passed_over)] if job.inputs.passed_over else []
    job.context.output.summary("Summary", rows)
