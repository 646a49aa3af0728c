"""Builders as `inv builder.create` makes them, read by pack and used by the lifecycle that is in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.builder.create import create_builder
from buildpack_testing.cnb.creator import Creator
from support.sample_builds import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from buildpack_testing.cnb.built_image import BuiltImage
    from buildpack_testing.cnb.pack import PackCommand
    from support.sample_builds import SampleBuilds


@dataclass(frozen=True, kw_only=True)
class ComposedBuilders:
    """Composes builders in the registry of the samples, and builds with them."""

    samples: SampleBuilds
    pack: PackCommand
    packages: Path
    directory: Path

    def create(
        self,
        name: str,
        buildpacks: Sequence[str | Path],
        order: Sequence[str],
        *,
        base: str | None = None,
    ) -> str:
        """Make a builder of buildpacks (ids of this repository, files, directories) with one group.

        A member of the order that ends in `?` is optional. Returns the builder's reference.
        """
        reference = self.samples.registry.reference(f"composed/{name}", "1")
        config = self.directory / name / "builder.toml"
        config.parent.mkdir()
        config.write_text(self._text(buildpacks, order, base or self.samples.build_image), "utf-8")
        address = self.samples.registry.address
        create_builder(config, reference, dist=self.packages, insecure=[address], report=lambda _line: None)
        return reference

    def inspect(self, builder: str) -> str:
        """Return what pack says about a builder. Raises ReleaseError when it does not take it for one."""
        return self.pack.run("builder", "inspect", builder)

    def creator(self, builder: str) -> Creator:
        """Return a place to build with the lifecycle, the buildpacks and the order of a builder."""
        self.samples.podman.pull(builder)
        name = builder.rpartition("/")[2].replace(":", "-")
        return Creator(
            podman=self.samples.podman,
            image=builder,
            state=self.samples.root / f"composed-{name}",
            mounts=(self.samples.feed.mount,),
        )

    def build(self, creator: Creator, app: Path, *, variables: Mapping[str, str] | None = None) -> BuiltImage:
        """Build an app into the registry."""
        return creator.into_registry(
            app,
            None,
            registry=self.samples.registry,
            run_image=self.samples.run_image,
            name=f"{creator.state.name}/app:1",
            variables={**self.samples.feed.variables, **(variables or {})},
        )

    def flask(self, creator: Creator, variables: Mapping[str, str] | None = None) -> BuiltImage:
        """Build the Flask sample."""
        return self.build(
            creator, SAMPLES["flask"].app, variables={**self.samples.variables("flask"), **(variables or {})}
        )

    def _text(self, buildpacks: Sequence[str | Path], order: Sequence[str], base: str) -> str:
        # A text in JSON is one in TOML too.
        members = [
            f"[[order.group]]\nid = {json.dumps(one.rstrip('?'))}\noptional = {json.dumps(one.endswith('?'))}"
            for one in order
        ]
        return "\n".join(
            [
                *(f"[[buildpacks]]\nuri = {json.dumps(str(one))}" for one in buildpacks),
                "[[order]]",
                *members,
                f"[lifecycle]\nuri = {json.dumps(str(self.samples.lifecycle.archive))}",
                f"[build]\nimage = {json.dumps(base)}",
                f"[[run.images]]\nimage = {json.dumps(self.samples.run_image)}\n",
            ]
        )
