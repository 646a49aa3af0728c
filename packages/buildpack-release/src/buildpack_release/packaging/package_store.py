"""The packages in dist/, kept so that the manifest never lists what is not there or not whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.packaging.manifest import FILE, Manifest, Package

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildpack_release.packaging.output_directory import OutputDirectory


@dataclass
class PackageStore:
    """dist/, open for writing, and its manifest as it is on disk."""

    output: OutputDirectory
    manifest: Manifest

    @classmethod
    def open(cls, output: OutputDirectory) -> PackageStore:
        """Read the manifest of a directory that is open for writing."""
        return cls(output, Manifest.read(output.root))

    def publish(self, made: Package) -> None:
        """Move a package from the staging folder to its final names, in place of an older one."""
        if old := self.manifest.find(made.key):
            self._withdraw(old, keep=made.names)
        for name in made.names:
            self.output.publish(self.output.staging / name, name)
        self._save(self.manifest.with_package(made))

    def forget_all_but(self, ids: set[str]) -> None:
        """Remove packages of buildpacks with other ids."""
        for old in self.manifest:
            if old.id not in ids:
                self._withdraw(old)

    def _withdraw(self, package: Package, *, keep: Sequence[str] = ()) -> None:
        """Take a package out of the manifest, and then its files out of dist/."""
        self._save(self.manifest.without(package.key))
        for name in package.names:
            if name not in keep:
                self.output.remove(name)

    def _save(self, manifest: Manifest) -> None:
        staged = self.output.staging / FILE
        staged.write_text(manifest.dumps(), "utf-8")
        self.output.publish(staged, FILE)
        self.manifest = manifest
