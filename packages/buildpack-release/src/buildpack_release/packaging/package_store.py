"""The packages in dist/, kept so that the manifest never lists what is not there or not whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.dist.manifest import FILE, DistManifest, DistPackage
from buildpack_release.packaging.checksums import FILE as CHECKSUMS
from buildpack_release.packaging.checksums import checksums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildpack_release.files.output_directory import OutputDirectory


@dataclass
class PackageStore:
    """dist/, open for writing, and its manifest as it is on disk.

    The checksums are taken away before the first change, and written by `seal()`: a run that is killed leaves
    none rather than wrong ones.
    """

    output: OutputDirectory
    manifest: DistManifest

    @classmethod
    def open(cls, output: OutputDirectory) -> PackageStore:
        """Read the manifest of a directory that is open for writing."""
        return cls(output, DistManifest.read(output.root))

    def publish(self, made: DistPackage) -> None:
        """Move a package from the staging folder to its final names, in place of an older one."""
        if old := self.manifest.find(made.key):
            self._withdraw(old, keep=made.names)
        for name in made.names:
            self.output.publish(self.output.staging / name, name)
        self._save(self.manifest.with_package(made))

    def replace(self, name: str, content: bytes) -> None:
        """Write a document of a package anew."""
        self.output.remove(CHECKSUMS)
        self._write(name, content)

    def forget_all_but(self, ids: set[str]) -> None:
        """Remove packages of buildpacks with other ids."""
        for old in self.manifest:
            if old.id not in ids:
                self._withdraw(old)

    def seal(self) -> None:
        """Write the checksums of everything, unless they are there."""
        if not (self.output.root / FILE).is_file():
            return  # nothing has ever been packaged
        text = checksums(self.output.root, self.manifest).encode()
        try:
            if (self.output.root / CHECKSUMS).read_bytes() == text:
                return
        except FileNotFoundError:
            pass
        self._write(CHECKSUMS, text)

    def _withdraw(self, package: DistPackage, *, keep: Sequence[str] = ()) -> None:
        """Take a package out of the manifest, and then its files out of dist/."""
        self._save(self.manifest.without(package.key))
        for name in package.names:
            if name not in keep:
                self.output.remove(name)

    def _save(self, manifest: DistManifest) -> None:
        self.output.remove(CHECKSUMS)
        self._write(FILE, manifest.dumps().encode())
        self.manifest = manifest

    def _write(self, name: str, content: bytes) -> None:
        staged = self.output.staging / name
        staged.write_bytes(content)
        self.output.publish(staged, name)
