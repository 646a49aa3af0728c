"""`inv package` against pack, over the same assembled buildpacks."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.bench import COMPONENTS, COMPOSITE, Bench, inv, plain_environment
from benchmarks.measure import Side, alternate, run, total
from benchmarks.repositories import copy_repository
from benchmarks.rows import Aim, Row, Series, Skipped
from buildpack_release.files.cache import cache_directory
from buildpack_testing.cnb import tools

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.measure import Sample

GROUP = "package"
_TARGETS = ("linux/amd64", "linux/arm64")
_COLD = "inv package, all, cold, after assembling"
_FIRST = "inv package, all, cold, with assembling and compiling"
_UNCHANGED = "inv package, nothing changed"


def measure(bench: Bench) -> Iterator[Row | Skipped]:
    """Package all buildpacks: from nothing, with nothing changed, and with pack."""
    ours = _Packaging(copy_repository(bench.scratch / "package" / "repository"), bench.scratch / "package")
    ours.prepare()
    sides = {
        "cold": Side(ours.run, ours.forget),
        # Runs after it find everything up to date: each side leaves what the next one wants.
        "unchanged": Side(ours.run, ours.complete),
        "first": Side(ours.run, partial(ours.forget, assembled=True)),
        "start": Side(partial(run, [sys.executable, "-c", "pass"])),
    }
    pack = tools.find_pack()
    if pack:
        peer = _Pack(pack.executable, ours.root / "build", bench.directory("package/pack"))
        sides["pack"] = Side(peer.run, peer.forget)
    found = alternate(sides, bench.few, warm_up=True)
    if pack:
        against = f"pack {pack.version} buildpack package, {len(_TARGETS) * (len(COMPONENTS) + 1)} files"
        yield Row.timed(GROUP, _COLD, against, found["cold"], found["pack"], Aim.ratio(0.5))
        yield Row.timed(GROUP, _FIRST, against, found["first"], found["pack"])
    else:
        yield Skipped(GROUP, _COLD, "pack is not here (scripts/install-cnb-tools)")
    unchanged = found["unchanged"]
    wall, limit = Series.wall(unchanged), "an absolute limit"
    yield Row(group=GROUP, what=_UNCHANGED, against=limit, ours=wall, aim=Aim.value(0.5))
    yield Row.timed(GROUP, _UNCHANGED, "itself cold", unchanged, found["cold"])
    yield Row.timed(GROUP, _UNCHANGED, "python -c pass", unchanged, found["start"])


@dataclass(frozen=True)
class _Packaging:
    """`inv package` in a repository of its own, with a cache of its own."""

    root: Path
    work: Path

    @property
    def cache(self) -> Path:
        return self.work / "cache"

    def prepare(self) -> None:
        """Fill the usual cache with the wheels that are needed, and take them from there."""
        run(inv(self.root, "package"), cwd=self.root)
        shutil.copytree(cache_directory() / "wheels", self.cache / "wheels")

    def run(self) -> Sample:
        """Package all."""
        return run(inv(self.root, "package"), cwd=self.root, env=self._environment())

    def forget(self, *, assembled: bool = False) -> None:
        """Remove all packages, and the assembled buildpacks and all byte code or not."""
        self.complete()
        shutil.rmtree(self.root / "dist")
        if assembled:
            shutil.rmtree(self.root / "build")
            shutil.rmtree(self.cache / "bytecode", ignore_errors=True)

    def complete(self) -> None:
        """See to it that everything is up to date."""
        self.run()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "STRATA_CACHE_DIR": str(self.cache)}


@dataclass(frozen=True)
class _Pack:
    """pack, over what was assembled: the files that `inv package` makes, as far as pack makes such."""

    executable: Path
    build: Path
    work: Path

    def forget(self) -> None:
        """Remove all packages."""
        shutil.rmtree(self.work)
        self.work.mkdir()

    def run(self) -> Sample:
        """Package each buildpack for each target, components first."""
        return total(*(sample for target in _TARGETS for sample in self._package_all(target)))

    def _package_all(self, target: str) -> Iterator[Sample]:
        files: list[Path] = []
        for one in (*COMPONENTS, COMPOSITE):
            file = self.work / f"{one.replace('/', '_')}-{target.replace('/', '-')}.cnb"
            dependencies = [f'[[dependencies]]\nuri = "{path}"\n' for path in files if one == COMPOSITE]
            yield self._package(one, target, file, dependencies)
            files.append(file)

    def _package(self, one: str, target: str, file: Path, dependencies: list[str]) -> Sample:
        config, home = file.with_suffix(".toml"), str(self.work / "home")
        folder = self.build / one.replace("/", "_")
        config.write_text(f'[buildpack]\nuri = "{folder}"\n{"".join(dependencies)}', "utf-8")
        env = plain_environment(self.work / "home", PACK_HOME=home, DOCKER_CONFIG=home)
        arguments: list[str | Path] = [
            "buildpack",
            "package",
            file,
            "--config",
            config,
            "--format",
            "file",
            "--target",
            target,
        ]
        return run([self.executable, *arguments], env=env, cwd=self.work)
