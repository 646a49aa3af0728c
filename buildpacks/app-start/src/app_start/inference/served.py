"""A web app with the server that is installed for it, as a candidate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength
from app_start.inference.frameworks import DASH, DASH_SERVER
from app_start.inference.program import program_of
from app_start.inference.servers import Target, advice, serve
from app_start.inference.web_objects import WebObjects

if TYPE_CHECKING:
    from pathlib import Path

    from app_start.inference.frameworks import Framework
    from app_start.inference.project import Project
    from app_start.inference.web_objects import WebObject

_DASH_IS_WSGI = (3, 2)  # from this version on its object can be called, and not only its server


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
        evidence = f"{said}{project.shown(one.path)} line {one.line} has {one.text}"
        framework = one.framework
        if framework is DASH:
            if project.environment.version(DASH.distribution) < _DASH_IS_WSGI:
                missing = f"servers take its server: add 'server = {one.name}.server' below it"
                return Candidate(strength, evidence, root=one.root, missing=missing)
            framework = DASH_SERVER
        if self.runs_on_import(one):
            missing = "it serves itself as soon as it is imported: put that below if __name__ == '__main__':"
            return Candidate(strength, evidence, root=one.root, missing=missing)
        place = project.place(one.path)
        directory = None if place.directory == project.top else place.directory
        target = Target(place.name, one.name, framework.interface, one.factory, one.is_async, directory)
        return self.target(target, framework, evidence, strength, root=one.root)

    def runs_on_import(self, one: WebObject) -> bool:
        """Whether a server that imports the app would wait for ever, since the file ends in `app.run()`."""
        module = self.project.module(one.path)
        if module is None or module.main_guard is not None:
            return False
        program = program_of(self.objects, one.path, "")
        return program is not None and program.app is not None

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
