"""Builders that pack makes: a configuration of buildpacks, an order and the base images of the tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from buildpack_testing.cnb.pack import PackCommand
    from buildpack_testing.cnb.registry_server import Registry
    from buildpack_testing.cnb.tools import BuiltLifecycle


@dataclass(frozen=True, kw_only=True)
class BuilderMaker:
    """Makes builders in a registry with `pack builder create`."""

    pack: PackCommand
    registry: Registry
    lifecycle: BuiltLifecycle
    build_image: str
    run_image: str
    directory: Path

    def create(self, name: str, buildpacks: Sequence[Path], order: Sequence[str]) -> str:
        """Make a builder of .cnb files and directories, with one group, and return its reference."""
        reference = self.registry.reference(name, "1")
        config = self.directory / f"{name.replace('/', '-')}.toml"
        config.write_text(self._text(buildpacks, order), encoding="utf-8")
        self.pack.create_builder(reference, config)
        return reference

    def label(self, reference: str, name: str) -> Any:  # noqa: ANN401 (any JSON value)
        """Read a label `io.buildpacks.<name>` of a builder."""
        labels: Mapping[str, str] = self.registry.read(reference).config["config"]["Labels"]
        return json.loads(labels[f"io.buildpacks.{name}"])

    @property
    def architecture(self) -> str:
        """What the base images are for, as images name it."""
        return str(self.registry.read(self.build_image).config["architecture"])

    def _text(self, buildpacks: Sequence[Path], order: Sequence[str]) -> str:
        # A text in JSON is one in TOML too.
        return "\n".join(
            [
                *(f"[[buildpacks]]\nuri = {json.dumps(str(path))}" for path in buildpacks),
                "[[order]]",
                *(f"[[order.group]]\nid = {json.dumps(member)}" for member in order),
                f"[lifecycle]\nuri = {json.dumps(str(self.lifecycle.archive))}",
                f"[build]\nimage = {json.dumps(self.build_image)}",
                f"[[run.images]]\nimage = {json.dumps(self.run_image)}",
                f'[[targets]]\nos = "linux"\narch = "{self.architecture}"\n',
            ]
        )
