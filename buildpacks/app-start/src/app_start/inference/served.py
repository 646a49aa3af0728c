"""A web app with the server that is installed for it, as a candidate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength
from app_start.inference.servers import Target, advice, serve
from app_start.inference.web_objects import WebObjects

if TYPE_CHECKING:
    from pathlib import Path

    from app_start.inference.frameworks import Framework
    from app_start.inference.project import Project
    from app_start.inference.web_objects import WebObject


@dataclass(frozen=True, eq=False)
class Findings:
    """What rules share: the project, and the web apps in it."""

    project: Project

    @cached_property
    def objects(self) -> WebObjects:
        """All web apps."""
        return WebObjects(self.project)

    def served(self, one: WebObject, strength: Strength = Strength.FOUND, said: str = "") -> Candidate:
        """Return the candidate that serves an app; ``said`` is where the project says so, if it does."""
        project = self.project
        place = project.place(one.path)
        directory = None if place.directory == project.top else place.directory
        target = Target(place.name, one.name, one.framework.interface, one.factory, one.is_async, directory)
        evidence = f"{project.shown(one.path)} line {one.line} has {one.text}"
        return self.target(target, one.framework, f"{said}{evidence}", strength, root=one.root)

    def target(
        self, target: Target, framework: Framework, evidence: str, strength: Strength, *, root: object
    ) -> Candidate:
        """Return the candidate that serves what a server can be given."""
        environment = self.project.environment
        if framework.distribution and not environment.has(framework.distribution):
            return Candidate(
                strength,
                evidence,
                root=root,
                missing=f"{framework.name} is not installed: add {framework.distribution}",
            )
        found = serve(target, self.project)
        if found is None:
            wanted = advice(target.interface)
            missing = f"no server for {framework.name} is installed: add {wanted} to what the app requires"
            return Candidate(strength, evidence, root=root, missing=missing)
        return Candidate(
            strength,
            f"{evidence}; {found.server} is installed",
            command=found.command,
            shown=found.shown,
            directory=target.directory,
            root=root,
        )

    def lines_of(self, path: Path) -> str:
        """Return the whole text of a file, '' if it cannot be read."""
        module = self.project.module(path)
        return module.text if module else ""
