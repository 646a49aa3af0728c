"""The build of strata/python-runtime: decide which Python, then reuse or make the layer."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from buildpack_api.interpreter import isolated_environment
from buildpack_api.layers import LayerTypes, SbomFormat
from buildpack_api.sizes import readable_size, tree_size
from buildpack_common.files import remove
from python_runtime import catalogue as catalogues
from python_runtime import python_layer
from python_runtime.carried import carried_archives
from python_runtime.python_layer import PythonKey, tree_of
from python_runtime.settings import RUNTIMES, kept_groups
from python_runtime.targets import host_arch, refuse_unsupported, running_python, runs_here
from python_runtime.versions.choice import RuntimeChoice, choose
from python_runtime.versions.sources import find_requests
from python_runtime.versions.spelling import enumeration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_api.context import BuildContext
    from buildpack_api.layers import Layer
    from buildpack_api.plan import MergedEntries
    from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue
    from python_runtime.compiling import CompileOutcome

_NOT_COMPILED = "the standard library is not compiled; a build without the cache tries again"
_SBOMS = (SbomFormat.CYCLONEDX, SbomFormat.SPDX)


def build(context: BuildContext) -> None:
    """Provide ``python``. Everything is decided and checked before anything is downloaded."""
    refuse_unsupported(context.target)
    keep = kept_groups(context.environment)
    catalogue = _load_catalogue(context)
    merged = context.plan.merged("python")
    choice = _choose(context, catalogue, merged)
    runtime = choice.runtime
    key = _key(context, runtime, keep)
    layer = context.layers.open(python_layer.NAME, key)
    if layer.reusable:
        size = key.size if len(key.size) == 1 else (readable_size(tree_size(layer.path)),)
        key, done = replace(key, size=size), f"reused, {size[0]}"
    else:
        key, done = _make(context, catalogue, runtime, layer, key)
    layer.write_env(*python_layer.environment(layer.path, runtime.line, keep))
    if not (layer.reusable and all(map(layer.has_sbom, _SBOMS))):
        _write_sbom(context, catalogue, runtime, layer)
    layer = replace(layer, key=replace(key, constraints=choice.constraints))
    layer.save(_types(merged))
    hints = choice.hints if key.bytecode else (*choice.hints, _NOT_COMPILED)
    _summarize(context, replace(choice, hints=hints), layer, merged, done)


def _load_catalogue(context: BuildContext) -> RuntimesCatalogue:
    own = RUNTIMES.text(context.environment)
    if own:
        context.output.step(f"Runtimes: {own} ({RUNTIMES.name})")
    return catalogues.load(Path(own) if own else context.buildpack_dir / "data" / "runtimes.toml")


def _choose(context: BuildContext, catalogue: RuntimesCatalogue, merged: MergedEntries) -> RuntimeChoice:
    found = find_requests(context.app_dir, context.environment, merged.versions, catalogue)
    today = dt.datetime.now(dt.timezone.utc).date()
    carried = carried_archives(context.buildpack_dir)
    choice = choose(found.requests, catalogue, context.target, today, carried)
    context.output.step(f"Python {choice.runtime.version}: {choice.reason}")
    for title, text in (*found.notices, *choice.warnings):
        context.output.warning(title, text)
    return choice


def _key(context: BuildContext, runtime: Runtime, keep: tuple[str, ...]) -> PythonKey:
    restored = context.layers.restored_metadata(python_layer.NAME)
    # Whether there will be byte code turns out in the making. Where there is some it is good, whoever made
    # it; a layer without is made again where it will surely get some, not wherever a download might help.
    is_sure = runs_here(context.target) or running_python(runtime.version) is not None
    key = PythonKey(
        version=runtime.version,
        sha256=runtime.sha256,
        os=runtime.os,
        arch=runtime.arch,
        keep=keep,
        bytecode=is_sure or restored.get("bytecode") is not False,
        location=str(context.layers.root / python_layer.NAME),
    )
    return key.with_outcomes_of(restored)


def _make(
    context: BuildContext, catalogue: RuntimesCatalogue, runtime: Runtime, layer: Layer, key: PythonKey
) -> tuple[PythonKey, str]:
    """Make the layer; return its key, with what came out, and what was done, in words."""
    for reason in layer.reasons:
        context.output.step(f"The layer of the last build is not used: {reason}")
    from python_runtime.fetch import fetched  # not for a layer that is reused

    with _place_named(layer.path):
        with fetched(runtime, catalogue, context) as archive:
            is_native = runs_here(context.target)
            context.output.step(f"Unpacking, pruning{' and compiling' if is_native else ' and adapting'}")
            full, outcome = _fill(layer, archive, runtime, catalogue, context)
        size = readable_size(tree_size(layer.path))
    if not outcome.bytecode:
        _warn_of_missing_byte_code(context, runtime, outcome)
    why = f"made anew ({'; '.join(layer.reasons)})" if layer.reasons else "made"
    made = replace(key, size=(size,), bytecode=outcome.bytecode)
    return made, f"{why}, {size}; {readable_size(full)} in the archive"


def _fill(
    layer: Layer, archive: IO[bytes], runtime: Runtime, catalogue: RuntimesCatalogue, context: BuildContext
) -> tuple[int, CompileOutcome]:
    """Return the size of the archive's contents in bytes, and what came of compiling."""
    from python_runtime import compiling  # not for a layer that is reused
    from python_runtime.installation import install

    tree = tree_of(layer.clear())
    try:
        full = install(archive, tree, runtime, kept_groups(context.environment))
        env = isolated_environment(context.environment)
        return full, compiling.finish(tree, runtime, catalogue, context, env)
    except BaseException:
        remove(layer.path)
        raise


def _warn_of_missing_byte_code(context: BuildContext, runtime: Runtime, outcome: CompileOutcome) -> None:
    machine = f"{runtime.os}/{host_arch()}" if host_arch() else "this machine"
    sentences = [
        "The app will start more slowly.",
        f"The software bill of materials is short, too: it has no version of {enumeration(outcome.untold)}."
        if outcome.untold
        else "",
        f"A Python {runtime.version} for {machine} could compile it: provide that archive in the same way.",
        f"Or build on a machine that runs {runtime.arch} programs, or emulates them.",
    ]
    context.output.warning(
        f"The standard library is not compiled: this machine cannot run {runtime.arch} programs",
        " ".join(filter(None, sentences)),
    )


@contextmanager
def _place_named(path: Path) -> Iterator[None]:
    """Let an error such as "no space left" say where: the system names no file when a write fails."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _write_sbom(context: BuildContext, catalogue: RuntimesCatalogue, runtime: Runtime, layer: Layer) -> None:
    """Write the bills of materials: with a layer that is reused the lifecycle restores them."""
    from buildpack_common.sbom_documents import cyclonedx, spdx  # not for a reused layer
    from python_runtime import sbom

    base = catalogue.bases[0] if catalogue.bases else ""
    bom = sbom.bom_of(runtime, layer.path, base)
    layer.write_sbom(SbomFormat.CYCLONEDX, cyclonedx(bom))
    layer.write_sbom(SbomFormat.SPDX, spdx(bom, context.environment))


def _types(merged: MergedEntries) -> LayerTypes:
    """For whom: as the plan says. If nobody says anything, a later buildpack is the likeliest user."""
    return LayerTypes(build=merged.build or not merged.launch, launch=merged.launch, cache=True)


def _summarize(
    context: BuildContext, choice: RuntimeChoice, layer: Layer, merged: MergedEntries, done: str
) -> None:
    types = _types(merged)
    purposes = [name for name, on in (("build", types.build), ("launch", types.launch)) if on]
    rows = [
        ("Python", f"{choice.runtime.version} ({choice.reason})"),
        ("Layer", f"{layer.name}: {done}"),
        ("For", " and ".join(purposes)),
    ]
    context.output.summary("Python runtime", [*rows, *(("Hint", hint) for hint in choice.hints)])
