"""A buildpack's directory as the lifecycle runs it: its sources, our library and locked wheels.

Needs nothing of the target machine; the same inputs give the same files on any path and under any umask.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.bytecode.compile import compile_tree
from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.files.output_directory import OutputDirectory, output_directory
from buildpack_release.model.inputs import InputFile, PackageInputs, collect
from buildpack_release.model.repository import DESCRIPTOR
from buildpack_release.model.selection import select
from buildpack_release.packaging.homepages import with_homepages, write_homepage
from buildpack_release.packaging.recipe import recipe
from buildpack_release.packaging.stamp import is_stamped, publish_stamped
from buildpack_release.progress import Progress, say
from buildpack_release.wheels.vendor import copy_wheels, fetch
from buildpack_release.wheels.wheel_file import unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from buildpack_release.bytecode.option import BytecodeSources
    from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor
    from buildpack_release.model.repository import Buildpack, Repository

# A build that has little to do ends before anything is worth a search for garbage; one with much is searched.
_MAIN = """\
import gc

gc.set_threshold(50_000)

from {package}.build import build

from buildpack_api.main import main

main(build)
"""


def assemble(
    repository: Repository,
    buildpack: Buildpack,
    into: Path,
    *,
    toolchain: Toolchain | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Path:
    """Make `<into>/<escaped id>` and return it. An old one stays until the new one is complete.

    A folder that was made of the same inputs and has not been touched since is left as it is.

    Args:
        repository: the repository, for the shared library and the licence.
        buildpack: the buildpack to assemble; of a composite only the descriptor and the texts are needed.
        into: the folder for assembled buildpacks, usually `build/`.
        toolchain: the Pythons and the cache to use; those of this machine if not given.
        report: takes a line for people when something has to be waited for.

    Raises:
        ReleaseError: a part is missing or broken, or the folder cannot be written to.
        NetworkError: a locked wheel is not in the cache and cannot be fetched.
    """
    repository = with_homepages(repository)
    buildpack = repository.get(buildpack.id)
    inputs = collect(repository, buildpack)
    with ExitStack() as stack:
        if toolchain is None:
            toolchain = stack.enter_context(Toolchain.of_machine(repository, report=report))
        output = stack.enter_context(output_directory(into, report=report))
        return assemble_inputs(inputs, buildpack.descriptor, output, toolchain)


def assemble_all(
    repository: Repository,
    ids: Sequence[str],
    into: Path,
    *,
    bytecode_from: BytecodeSources | None = None,
    report: Callable[[str], None] = say,
) -> list[Path]:
    """Assemble the buildpacks with these ids, and the components of composites; all, if no ids are given.

    Raises UsageError for an unknown id, otherwise as assemble() does.
    """
    folders = []
    repository = with_homepages(repository)
    with ExitStack() as stack:
        toolchain = stack.enter_context(Toolchain.of_machine(repository, bytecode_from, report=report))
        toolchain.tell_missing(report)
        selected = select(repository, ids)
        inputs = {buildpack.id: collect(repository, buildpack) for buildpack in selected}
        fetch([pin for one in inputs.values() for pin in one.pins], cache=toolchain.cache)
        progress = Progress(len(selected), say=report)
        output = stack.enter_context(output_directory(into, report=report))
        for buildpack in selected:
            with progress.step(str(buildpack.descriptor)):
                folders.append(assemble_inputs(inputs[buildpack.id], buildpack.descriptor, output, toolchain))
    return folders


def assemble_inputs(
    inputs: PackageInputs, descriptor: BuildpackDescriptor, output: OutputDirectory, toolchain: Toolchain
) -> Path:
    """Make a folder of collected inputs below a directory that is open for writing, as assemble() does."""
    name = descriptor.escaped_id
    identity = inputs.digest(recipe(), *toolchain.versions.values(), descriptor.homepage)
    if is_stamped(output, name, identity):
        return output.root / name
    # The wheels first: they may fail for reasons that take time (a network), and nothing is written yet.
    vendored = fetch(inputs.vendored, cache=toolchain.cache)
    wheels = fetch(inputs.wheels, cache=toolchain.cache)
    staged = output.staging / name
    staged.mkdir()
    for file in inputs.files:
        _copy(file, staged / file.name)
    write_homepage(staged / DESCRIPTOR, descriptor.homepage)
    if inputs.package:
        (staged / "lib/__main__.py").write_text(_MAIN.format(package=inputs.package), "utf-8")
        for wheel in vendored.values():
            unpack(wheel, staged / "lib")
        compile_tree(staged, staged / "lib", interpreters=toolchain.interpreters, cache=toolchain.cache)
    if wheels:
        copy_wheels(wheels.values(), staged / "wheels")
    _set_modes(staged, {file.name for file in inputs.files if file.is_executable})
    return publish_stamped(output, staged, identity)


def _copy(file: InputFile, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.link is None:
        shutil.copyfile(file.source, target)
    else:
        target.symlink_to(file.link)


def _set_modes(directory: Path, executables: Iterable[str]) -> None:
    """Set the modes that folders and files have in a package, independent of umask and checkout."""
    programs = {directory / name for name in executables}
    for folder, _, files in os.walk(directory):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path in programs else 0o644)
