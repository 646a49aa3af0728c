"""Build: inputs, their key, the decision, the environment (restored if provably right), what follows.

Each step is a module of its own; this one says in which order they come.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from app_venv.environment.venv import check_venv, create_venv, venv_works
from app_venv.evidence.resolution import InstallationResolution, read_record
from app_venv.evidence.reuse import Decision, decide
from app_venv.installers.choice import choose_strategy
from app_venv.job import EnvironmentJob, examine, prepare, summarise, venv_path
from app_venv.settings import read_settings
from buildpack_api.layer_env import EnvChange, override, prepend
from buildpack_api.layers import LayerTypes
from buildpack_api.sizes import readable_size
from buildpack_common.files import remove

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from app_venv.heavy.heavy_layers import HeavyPlan
    from app_venv.inputs.pinning import Unfilled
    from app_venv.installers.strategy import InstallerCache
    from app_venv.job import FinishedEnvironment
    from app_venv.unchanged.moving import UnchangedParts
    from buildpack_api.context import BuildContext
    from buildpack_api.layers import Layer

_SHOWN = 10
_AFTERWARDS = (
    "app_venv.after.dependencies",
    "app_venv.after.sbom",
    "app_venv.evidence.patch_conditions",
    "app_venv.heavy.heavy_files",
    "app_venv.installers.finishing",
    "buildpack_common.sbom_documents",
    "packaging.requirements",
)
"""Modules for what is done with an environment that a tool has filled."""
_CREDENTIAL_FILES = (
    ".config/pip/pip.conf", ".git-credentials", ".git/config", ".netrc", ".pip/pip.conf", ".pypirc", "_netrc",
    "pip.conf", "uv.toml",
)  # fmt: skip


def build(context: BuildContext) -> None:
    """Install what the app requires into the layer ``venv``."""
    strategy = choose_strategy(context.app_dir, context.environment)
    strategy.refuse_variables(context.platform_env)
    settings = read_settings(context.environment)
    tools = strategy.find_tools(context)
    inputs = strategy.read_inputs(context, settings, tools)
    if inputs.remark:
        context.output.step(inputs.remark)
    variables = {**context.environment, **tools.access.variables}
    _tell_unfilled((*inputs.unfilled, *strategy.unfilled(variables)), context)
    cache = strategy.open_cache(context, tools, venv_path(context), settings.cache)
    job = prepare(context, strategy, settings, inputs, tools=tools, cache=cache)
    _tell_written(job)
    decision = _decide(job, cache)
    with _failing_without_a_trace(job.layer):
        parts = None
        if decision.reuse:
            resolution, heavy = _reuse(job, decision)
        else:
            resolution, parts, heavy = _make(job, decision, cache)
        finished = examine(job, decision, resolution, heavy)
        finished.layer.write_env(*environment_changes(job.venv), *strategy.environment(job.venv))
        kept = decision.reuse or finished.is_of_use
        # What will be moved with its links need not be in the cache.
        moving = finished.moved_with_links() if kept and not decision.reuse else frozenset()
        cache.settle(resolution.without(moving), reused=decision.reuse)
        _search(finished, cache)
        if heavy:
            _place_heavy_files(job, heavy, is_cached=kept)
        inventory = finished.inventory(parts) if kept and parts else None
    finished.layer.save(LayerTypes(build=True, launch=True, cache=kept))
    cache.save()
    job.remember_installer(inventory)
    summarise(finished)


def environment_changes(venv: Path) -> tuple[EnvChange, ...]:
    """Return what activates the environment."""
    return (
        prepend("PATH", str(venv / "bin")),
        override("VIRTUAL_ENV", str(venv)),
    )


def _tell_unfilled(found: tuple[Unfilled, ...], context: BuildContext) -> None:
    """Name the variables that pip will not fill in: what it prints itself hides them like passwords."""
    if found:
        names = ", ".join(dict.fromkeys(f"${{{one.name}}}" for one in found))
        context.output.warning(
            f"Variables have no value where they are used: {names}",
            "\n".join(f"{one}." for one in found)
            + "\nSet them for the build (pack build --env, project.toml), or give passwords in a binding.",
        )


def _tell_written(job: EnvironmentJob) -> None:
    """Warn of secrets in the app's own files, which are in the image whatever a buildpack does."""
    known = {one.value for one in job.secrets}  # without names whose password is somewhere else
    written = (one.source for one in job.inputs.written if one.value in known)
    places = list(dict.fromkeys((*written, *_with_password(job.context.app_dir))))
    if places:
        shown = ", ".join(places[:_SHOWN]) + (", ..." if len(places) > _SHOWN else "")
        job.context.output.warning(
            f"A password or token is written in the app's files: {shown}",
            "They go into the image, and whoever has that can read it. Give it in a binding, or write "
            "${NAME} in its place and set that variable for the build; a file that only tools of yours "
            "need, keep out of what is uploaded (exclude in project.toml). Then make the old one invalid.",
        )


def _with_password(app_dir: Path) -> list[str]:
    """Return the files of people's tools that are in the app, and hold a password or token."""
    found = [path for name in _CREDENTIAL_FILES if (path := app_dir / name).is_file()]
    if not found:
        return []
    from app_venv.inputs.credential_files import with_password  # few apps have any

    return [str(path.relative_to(app_dir)) for path in with_password(found)]


def _decide(job: EnvironmentJob, cache: InstallerCache) -> Decision:
    def resolve() -> InstallationResolution:
        from app_venv.unchanged.inventory import read_inventory  # only when pip runs

        job.context.output.step("Not everything is pinned by hash: asking pip what it would install today")
        cache.use(job.build_environment)
        return job.installer.resolve(job.inputs, read_inventory(job.made_by.path))

    def build_changes() -> tuple[str, ...]:
        from app_venv.evidence.build_environment import changes  # not for wheels only

        return tuple(changes(job.key.built_with, job.build_environment))

    def patch_changes() -> tuple[str, ...]:
        then = "".join(job.key.made_by[:1])
        if not then:
            return ("which Python has made it is not known",)
        if not job.key.conditions:
            return ()
        from app_venv.evidence.patch_conditions import changed_answers  # few inputs have any

        return changed_answers(job.key.conditions, then, job.tools.interpreter.version)

    def lost() -> tuple[str, ...]:
        if not job.key.heavy_layers:
            return ()
        from app_venv.heavy.heavy_layers import lost_layers  # few environments have any

        return lost_layers(job.context.layers, job.key.heavy_layers, contents=job.loads_heavy_files)

    def works() -> bool:
        return venv_works(job.venv, job.tools.interpreter, environment=job.context.environment)

    before = read_record(job.key.packages)
    return decide(
        job.layer,
        job.inputs,
        before,
        works=works,
        resolve=resolve,
        build_changes=build_changes,
        patch_changes=patch_changes,
        lost_layers=lost,
    )


def _reuse(job: EnvironmentJob, decision: Decision) -> tuple[InstallationResolution, HeavyPlan | None]:
    job.context.output.step(f"Reusing the virtual environment: {decision.proof}")
    now, then = job.tools.interpreter.version, "".join(job.key.made_by[:1])
    if then != now:
        built = read_record(job.key.packages).built
        kept = f"; built from source then, and kept: {', '.join(built)}" if built else ""
        job.context.output.detail(f"It was made with Python {then} and serves {now} as well{kept}")
    if not job.key.heavy_layers:
        return read_record(job.key.packages), None
    from app_venv.heavy.heavy_layers import HeavyPlan, read_layers  # few environments have any

    return read_record(job.key.packages), HeavyPlan(read_layers(job.key.heavy_layers))


def _make(
    job: EnvironmentJob, decision: Decision, cache: InstallerCache
) -> tuple[InstallationResolution, UnchangedParts, HeavyPlan | None]:
    """Make the layer's contents from nothing, but for what is moved there from the restored ones."""
    from app_venv.inputs.litter import litter_removed

    output = job.context.output
    for reason in decision.reasons:
        output.step(f"The virtual environment is made anew: {reason}")
    dropped = cache.use(job.build_environment)
    if dropped:
        output.step(f"What was built from source is built again: {', '.join(dropped)}")
    with litter_removed(job.context.app_dir, job.inputs):
        resolution, parts, heavy = _install(job)
    check_venv(job.venv, environment=job.context.environment)
    job.strategy.finish(job.tools, job.venv, job.site_packages)
    if job.secrets:
        from app_venv.after.leaks import mend_addresses  # few builds have any

        mend_addresses(job.site_packages, cache, job.secrets)
    _tell_changes(job, decision, resolution)
    for requirement in job.inputs.unprovable[:_SHOWN]:
        output.step(f"Not kept for the next build: {requirement}")
    return resolution, parts, heavy


def _install(
    job: EnvironmentJob,
) -> tuple[InstallationResolution, UnchangedParts, HeavyPlan | None]:
    """Make the environment, with all that can be moved; without it if that turns out to be in the way."""
    from app_venv.unchanged.inventory import read_inventory  # not for a reused environment
    from app_venv.unchanged.moving import NotAsOfferedError, UnchangedParts, set_aside

    output, inventory = job.context.output, read_inventory(job.made_by.path)
    python = job.tools.interpreter
    linked = _distributions_with_links(job)
    with set_aside(
        job.layer, job.venv, inventory, made_for=job.made_for, python=python, linked=linked
    ) as offered:
        parts = offered
        try:
            resolution = _install_others(job, parts)
            heavy = _choose_heavy(job, resolution, parts)
        except NotAsOfferedError as reason:
            output.step(f"Nothing is moved over from the environment before: {reason} would not be the same")
            job.layer.clear()
            parts = UnchangedParts()
            resolution = _install_others(job, parts)
            heavy = _choose_heavy(job, resolution, parts)
    if parts.moved:
        count = f"{len(parts.moved)} of {len(resolution.packages)} packages"
        output.step(f"Moved over from the previous environment, since their files are the same: {count}")
    return resolution, parts, heavy


def _distributions_with_links(job: EnvironmentJob) -> frozenset[str]:
    """Return those whose links lead into layers that will be there, as they were made."""
    if not job.key.heavy_layers:
        return frozenset()
    from app_venv.heavy.heavy_layers import intact_layers  # few environments have any

    kept = intact_layers(job.context.layers, job.key.heavy_layers, contents=job.loads_heavy_files)
    return frozenset(one.distribution for one in kept)


def _install_others(job: EnvironmentJob, parts: UnchangedParts) -> InstallationResolution:
    _load_meanwhile(_AFTERWARDS)
    create_venv(job.tools.interpreter, job.venv, environment=job.context.environment)
    if job.inputs.empty:
        job.context.output.step(f"{job.strategy.name} is not needed: {job.inputs.title} are empty")
    else:
        tool = f"{job.strategy.name} {job.tools.program.version}"
        job.context.output.step(f"Installing {job.inputs.title} with {tool}")
    return job.installer.install(job.inputs, job.tools.interpreter, parts)


def _load_meanwhile(modules: Iterable[str]) -> None:
    """Load modules that will be needed, while this program waits for another one."""
    import threading  # not for a reused environment
    from importlib import import_module

    def load() -> None:
        for module in modules:
            import_module(module)

    threading.Thread(target=load, daemon=True).start()


def _search(finished: FinishedEnvironment, cache: InstallerCache) -> None:
    """Look for secrets, as the last thing before the layers count."""
    job = finished.job
    if job.secrets:
        from app_venv.after.leaks import Made, refuse_leaks  # few builds have any

        made = Made(
            finished.layer,
            cache,
            job.site_packages,
            finished.resolution,
            finished.search_again,
            job.secrets,
            finished.static_files,
        )
        refuse_leaks(made, job.context.output)


def _choose_heavy(
    job: EnvironmentJob, resolution: InstallationResolution, parts: UnchangedParts
) -> HeavyPlan | None:
    """Choose what has heavy files in layers of their own. Raises NotAsOfferedError."""
    if not job.settings.heavy:
        return None
    from app_venv.environment.installed import installed_distributions
    from app_venv.heavy.heavy_layers import plan_layers, read_layers
    from app_venv.unchanged.moving import NotAsOfferedError

    plan = plan_layers(
        installed_distributions(job.site_packages),
        resolution,
        [one for one in read_layers(job.key.heavy_layers) if parts.has_links(one.distribution)],
        least=job.settings.heavy << 20,
    )
    if plan.displaced:
        raise NotAsOfferedError(plan.displaced[0])
    return plan if plan.layers else None


def _place_heavy_files(job: EnvironmentJob, heavy: HeavyPlan, *, is_cached: bool) -> None:
    """Let heavy files be in layers of their own; as the last step, so that no other has to know of it."""
    from app_venv.heavy.heavy_layers import fill_layers, keep_layers

    size, names = readable_size(sum(one.size for one in heavy.layers)), ", ".join(heavy.distributions)
    job.context.output.step(f"Heavy files in layers of their own ({size}): {names}")
    contents = job.loads_heavy_files
    types = LayerTypes(build=contents, launch=True, cache=contents and is_cached)
    keep_layers(job.context.layers, heavy.linked, types)
    fill_layers(job.context.layers, job.site_packages, heavy.wheels, types)


def _tell_changes(job: EnvironmentJob, decision: Decision, resolution: InstallationResolution) -> None:
    """Name what differs from the environment before, unless that was the reason to make another one."""
    before = read_record(job.key.packages)
    changes = [one for one in before.changes_to(resolution) if one not in decision.reasons]
    if before.packages and changes:
        for change in changes[:_SHOWN]:
            job.context.output.detail(change)
        if len(changes) > _SHOWN:
            job.context.output.detail(f"and {len(changes) - _SHOWN} more changes")


@contextmanager
def _failing_without_a_trace(layer: Layer) -> Iterator[None]:
    """Leave nothing behind that a later build, or a person, could take for an environment."""
    try:
        yield
    except BaseException:
        with suppress(OSError):  # what happened before says more
            remove(layer.clear())
        raise
