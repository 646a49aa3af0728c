"""Programs for which a command of their framework is the server: Streamlit, Gradio, Panel and others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength, with_forwarding, with_shell

if TYPE_CHECKING:
    from pathlib import Path

    from app_start.inference.project import Project
    from app_start.inference.served import Findings

_FIXED = "{0} listens at a port of its own, whatever $PORT is: leave {1} out."
_PAGES = frozenset({"pages", "views", "components", "utils"})


@dataclass(frozen=True)
class UserInterface:
    """A framework: the package that is imported, what is installed, the likeliest files, the command.

    ``line`` has {} where the file goes. ``marks`` are texts of which a file that is started has one; none:
    any file that imports the package may be started. ``port_argument`` is what a program tells its port by,
    and then nobody else can.
    """

    package: str
    distribution: str
    files: tuple[str, ...]
    line: str
    marks: tuple[str, ...] = ()
    note: str = ""
    knows_sigterm: bool = True
    port_argument: str = ""

    def candidates(self, findings: Findings) -> list[Candidate]:
        """Return the file that is started; all that may be meant, if their names tell nothing."""
        project = findings.project
        for tier in self._tiers(project):
            found = [(path, line) for path in tier if (line := self._line_in(project, path))]
            if found:
                return [self._candidate(project, path, line) for path, line in found]
        return []

    def _tiers(self, project: Project) -> list[list[Path]]:
        top = {path.name: path for path in project.top_files}
        below = [
            path for path in project.files if path.parent != project.top and path.parent.name not in _PAGES
        ]
        usual = {name: [path for path in below if path.name == name] for name in self.files}
        return [
            *([top[name]] for name in self.files if name in top),
            [path for name, path in top.items() if name not in self.files],
            *usual.values(),
            below if project.environment.has(self.distribution) else [],
        ]

    def _line_in(self, project: Project, path: Path) -> int:
        module = project.module(path)
        if module is None or (self.marks and not any(mark in module.text for mark in self.marks)):
            return 0
        return module.imports_any(self.package)

    def _candidate(self, project: Project, path: Path, number: int) -> Candidate:
        evidence = f"{project.shown(path)} line {number} imports {self.package}"
        if not project.environment.has(self.distribution):
            missing = f"{self.distribution} is not installed: add it to what the app requires"
            return Candidate(Strength.FOUND, evidence, missing=missing, root=path)
        line = self.line.format(_quoted(project.shown(path)))
        command, shown = with_shell(line) if self.knows_sigterm else with_forwarding(line)
        evidence = f"{evidence}; {project.environment.label(self.distribution)} is installed"
        module = project.module(path)
        note = self.note
        if module and self.port_argument and f"{self.port_argument}=" in module.text:
            note = "" if "PORT" in module.text else _FIXED.format(project.shown(path), self.port_argument)
        return Candidate(Strength.FOUND, evidence, command=command, shown=shown, root=path, note=note)


def _quoted(name: str) -> str:
    import shlex  # names of files may hold anything

    return shlex.quote(name)
