"""Programs of a buildpack that packaging starts: what the buildpack does with archives of Python in a build.

Its modules `prefetch` and `trim` are run with the sources that are being packaged, so that archives are
fetched, checked, unpacked and trimmed by one code only: the same mirrors, proxies, certificates, retries and
refusals.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildpack_common.parsing import parse_json
from buildpack_release.errors import CheckFailed, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from buildpack_release.model.inputs import PackageInputs

_START = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from {package}.{module} import main
main()
"""
_LINES_SHOWN = 16  # a traceback of a Python that marks places in it, and what was said before


@dataclass(frozen=True)
class BuildpackProgram:
    """A module with a function `main`: its package, its name, and where modules are (folders, and wheels)."""

    package: str
    module: str
    places: tuple[Path, ...]

    @classmethod
    def of(cls, inputs: PackageInputs, module: str, wheels: tuple[Path, ...] = ()) -> BuildpackProgram:
        """Take what a buildpack is made of. Raises CheckFailed if it has no such module."""
        sources = {file.name: file.source for file in inputs.files}
        program = f"lib/{inputs.package}/{module}.py"
        if program not in sources:
            raise CheckFailed(
                f"this buildpack has no code for archives of Python: {inputs.package}.{module} is missing",
                advice="Packages that carry a Python need it; see strata/python-runtime.",
                file=sources["buildpack.toml"],
            )
        code = [name for name in sources if name.startswith("lib/")]
        places = dict.fromkeys(sources[name].parents[name.count("/") - 1] for name in (program, *code))
        return cls(inputs.package, module, (*places, *wheels))

    def run(
        self,
        order: Mapping[str, Any],
        *,
        report: Callable[[str], None] = lambda _line: None,
        faults: Mapping[int, type[ReleaseError]] | None = None,
        file: Path | None = None,
    ) -> dict[str, Any]:
        """Send it a command and return its answer.

        Args:
            order: what is wanted.
            report: takes its lines of progress.
            faults: the errors to raise for its exit codes, where that is not ReleaseError.
            file: what the error is about.

        Raises:
            ReleaseError: it could not do it, with its own words.
        """
        modules = json.dumps([os.fspath(path) for path in self.places])
        start = _START.format(package=self.package, module=self.module)
        said: list[str] = []
        with subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", start, modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process:
            try:
                # Order and answer are small: no pipe is ever full while nobody reads it.
                assert process.stdin and process.stderr and process.stdout  # noqa: S101, PT018
                process.stdin.write(json.dumps(order))
                process.stdin.close()
                for line in process.stderr:
                    said.append(line.rstrip())
                    report(line.rstrip())
                answer = _parsed(process.stdout.read())
            except BaseException:
                process.terminate()
                raise
        if process.returncode == 0 and answer is not None:
            return answer
        kind = (faults or {}).get(process.returncode, ReleaseError)
        try:
            title, detail, advice = (str((answer or {})[key]) for key in ("title", "detail", "advice"))
        except KeyError:
            title = f"{self.package}.{self.module} ended with {process.returncode}"
            raise ReleaseError(title, detail="\n".join(said[-_LINES_SHOWN:]), file=file) from None
        raise kind(_lower(title) if file else title, detail=detail, advice=advice, file=file)


def _parsed(answer: str) -> dict[str, Any] | None:
    try:
        found = parse_json(answer)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _lower(title: str) -> str:
    """Return a title as it follows the name of a file."""
    return title[:1].lower() + title[1:]
