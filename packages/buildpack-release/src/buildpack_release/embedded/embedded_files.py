"""What a buildpack carries besides its code: which files, and what documents say of them.

This is all that packaging knows of it: `facts` decide what a package is, and go into the manifest and the
SBOM; `embedded.place` brings the files into the assembled folders.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from buildpack_release.dist.embedded import Embedded, EmbeddedRuntime, EmbeddedTool, only_tools
from buildpack_release.errors import UsageError
from buildpack_release.model.selection import package_targets
from oci_registry.content import file_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from buildpack_release.embedded.tools import SetFile, ToolFile
    from buildpack_release.model.repository import Repository
    from buildpack_release.model.targets import DeclaredTarget
    from buildpack_release.runtimes.archive_selection import RuntimeSelection
    from buildpack_release.runtimes.published import PublishedArchive
    from buildpack_release.wheels.lock_file import Pin
    from buildpack_release.wheels.vendor import WheelTags


@dataclass(frozen=True)
class EmbeddedFiles:
    """An interpreter, archives and tools for each target, a catalogue.

    Attributes:
        interpreters: an archive for each target, for the buildpack's own code.
        runtimes: what was chosen for apps, for each target.
        catalogue: the catalogue that it was chosen from.
        own_catalogue: whether that one is packaged instead of the buildpack's.
        versions: those of the interpreters, in full; one that cannot be told is left out.
        tools: the tools for each target.
        tool_wheels: what pins them, by SHA-256 (hex), and what they are for.
    """

    interpreters: Mapping[DeclaredTarget, Path] = field(default_factory=dict)
    runtimes: Mapping[DeclaredTarget, tuple[PublishedArchive, ...]] = field(default_factory=dict)
    catalogue: Path | None = None
    own_catalogue: bool = False
    versions: Mapping[DeclaredTarget, str] = field(default_factory=dict)
    tools: Mapping[DeclaredTarget, tuple[EmbeddedTool, ...]] = field(default_factory=dict)
    tool_wheels: Mapping[str, tuple[Pin, WheelTags]] = field(default_factory=dict)

    @classmethod
    def gather(
        cls,
        repository: Repository,
        interpreters: Mapping[DeclaredTarget, Path],
        selection: RuntimeSelection | None,
        targets: Sequence[DeclaredTarget],
    ) -> EmbeddedFiles:
        """Choose what goes in. Nothing is fetched.

        Raises:
            UsageError: a Python is unknown, or not to be had for a target; or a tool is not.
            ReleaseError: an interpreter is in no whole archive.
            CheckFailed: no buildpack has a catalogue, it is faulty, or an interpreter is not what it names.
        """
        # Most packages carry nothing, and who publishes any need not wait for what chooses it.
        from buildpack_release.embedded.tools import set_files, tool_files
        from buildpack_release.runtimes.archive_catalogue import FILE, ArchiveCatalogue, keeper
        from buildpack_release.runtimes.archive_selection import check_recorded, choose
        from buildpack_release.runtimes.archive_version import read_version

        for archive in interpreters.values():
            check_recorded(archive, repository)
        found = {target: read_version(path) for target, path in interpreters.items()}
        versions = {target: version.text for target, version in found.items() if version}
        if selection is None:
            return cls(interpreters, versions=versions)
        buildpack = keeper(repository)
        catalogue = ArchiveCatalogue.read(selection.catalogue or buildpack.directory / FILE)
        if targets and interpreters and set(targets) != set(interpreters):
            raise UsageError("an offline package is for the targets of its interpreters")
        wanted = tuple(interpreters) or package_targets(repository, buildpack, targets)
        files: tuple[SetFile | ToolFile, ...] = (*tool_files(repository), *set_files(repository))
        pins = [
            (target, one.buildpack.id, pin, tags)
            for one in files
            for target in wanted
            for pin, tags in one.pins(target)
        ]
        return cls(
            interpreters,
            {target: choose(catalogue, target, selection) for target in wanted},
            catalogue.path,
            own_catalogue=selection.catalogue is not None,
            versions=versions,
            tools={
                target: tuple(
                    EmbeddedTool(buildpack_id, pin.name, pin.version, pin.digests[0])
                    for of_target, buildpack_id, pin, _ in pins
                    if of_target == target
                )
                for target in wanted
                if pins
            },
            tool_wheels={pin.digests[0]: (pin, tags) for _, _, pin, tags in pins},
        )

    @cached_property
    def facts(self) -> Embedded:
        """What it is, by digests; the files are read for them."""
        return Embedded(
            {target: file_sha256(path) for target, path in self.interpreters.items()},
            {
                target: tuple(EmbeddedRuntime(one.text, one.sha256) for one in archives)
                for target, archives in self.runtimes.items()
            },
            file_sha256(self.stand_in) if self.stand_in else "",
            self.tools,
        )

    def only(self, *, interpreter: bool, runtimes: bool, tools_of: str = "") -> EmbeddedFiles:
        """Return the part of it that one buildpack carries; ``tools_of`` is its id."""
        whole = replace(self, tools=only_tools(self.tools, tools_of))
        whole = whole if interpreter else replace(whole, interpreters={}, versions={})
        return whole if runtimes else replace(whole, runtimes={}, catalogue=None, own_catalogue=False)

    @property
    def minors(self) -> Mapping[str, str]:
        """The version of the interpreters by minor version, if all are of one."""
        own = set(self.versions.values())
        return {version.rpartition(".")[0]: version for version in own} if len(own) == 1 else {}

    @property
    def stand_in(self) -> Path | None:
        """The catalogue that is packaged instead of the buildpack's, if there is one."""
        return self.catalogue if self.own_catalogue else None
