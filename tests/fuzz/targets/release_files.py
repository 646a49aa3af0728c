"""What maintainers read of others: changelogs of contributors, catalogues of runtimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api.errors import BuildpackError
from buildpack_release.errors import ReleaseError
from buildpack_release.versions.changelog import Changelog
from buildpack_release.versions.changelog_release import ReleaseEntry, release_changelog
from buildpack_release.versions.number import Version
from fuzz.mutation import read_seeds
from fuzz.targets.common import SEEDS, Target, write
from oci_registry.errors import ExpectedError
from python_runtime.catalogue import load

if TYPE_CHECKING:
    import random
    from pathlib import Path

_FILE = "CHANGELOG.md"


class Changelogs(Target):
    """A changelog is read as it is, and an edit for a release leaves the rest as it was."""

    name = "changelogs"
    expected = (ReleaseError, ExpectedError)
    tokens = (
        *(
            b"## [Unreleased]\n",
            b"## 1.2.3\n",
            b"### Added\n",
            b"### \n",
            b"- **Breaking**\n",
            b"```\n",
            b"~~~\n",
            b"<!--",
            b"-->",
        ),
        *(
            b"<pre>",
            b"    ",
            b"> ",
            b"1. ",
            b"* ",
            b"===\n",
            b"---\n",
            b"[1.0.0]: https://x\n",
            b"## [v9.9.9] - 2026-01-01\n",
        ),
        *(b"<script>", b"](", b"&lt;", b"#" * 7, b"[Unreleased]: ", b"\t- "),
    )

    def __init__(self) -> None:
        self.seeds = read_seeds(SEEDS / self.name)

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Read it, look for faults, release it, and read that."""
        path = write(files, place / "buildpack") / _FILE
        changelog = Changelog.read(path)
        assert changelog.text.encode() == files[_FILE], "the text is not what was read"
        findings = [str(one).replace(str(place), "PLACE") for one in changelog.findings()]
        entries = [repr(one) for one in changelog.entries]
        released = release_changelog(changelog, ReleaseEntry(Version.parse("99.0.0"), "2026-11-30"))
        again = Changelog.parse(released, path)
        if not findings:
            assert again.unreleased is not None
            assert not again.entries, "something is still Unreleased"
            assert Version.parse("99.0.0") in again.versions
        return findings, entries, released


class RuntimeCatalogues(Target):
    """A catalogue of one's own, which a user may name."""

    name = "runtime-catalogues"
    expected = (BuildpackError,)
    tokens = (
        *(
            b"[[runtime]]\n",
            b'[lines."3.13"]\n',
            b"end-of-life = 2026-02-30\n",
            b"path = '../../x'\n",
            b"sha256 = ''\n",
            b"size = -1\n",
        ),
        *(
            b"schema = 2\n",
            b"default = 3.13\n",
            b"bases = ['file:///']\n",
            b"arch = 'x'\n",
            b"version = '3.13'\n",
            b"tag = 1\n",
        ),
    )

    def __init__(self) -> None:
        self.seeds = read_seeds(SEEDS / self.name)

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Read it and ask for what there is for a target."""
        path = write(files, place / "catalogue") / "runtimes.toml"
        catalogue = load(path)
        return repr((catalogue, catalogue.for_target("linux", "amd64"))).replace(str(place), "PLACE")
