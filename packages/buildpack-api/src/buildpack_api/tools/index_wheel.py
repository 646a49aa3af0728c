"""Wheels of a tool from the package index, fetched by the pip that the buildpack carries."""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api import commands
from buildpack_api.errors import BuildpackError, CommandFailed, ConfigurationError, DownloadError
from buildpack_api.index_access import NETWORK_VARIABLES
from buildpack_api.index_bindings import read_index_access
from buildpack_api.interpreter import isolated_environment
from buildpack_api.tools.wheel import ToolWheel, read_wheel
from buildpack_common.files import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter
    from buildpack_api.tools.constraint import Tool, ToolConstraint

_OPTIONS = (
    "--no-deps",
    "--only-binary=:all:",
    "--no-cache-dir",
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar=off",
)
_VERSIONS = re.compile(r"\(from versions: ([^)]*)\)")
_MISSING = re.compile(r"No matching distribution found for (\S+)")
_SHOWN_VERSIONS = 8
# pip reads what an index sends to its end before it compares hashes; a wheel of uv has some 18 MB. The limit
# is in blocks of 512 bytes (POSIX, ulimit).
_LARGEST_MEGABYTES = 64
_LIMITED = ("/bin/sh", "-c", 'ulimit -f "$0" 2>/dev/null; exec "$@"', str(_LARGEST_MEGABYTES * 2048))
_TIME_LIMIT = 600.0  # seconds; pip's own time-out is for each receive


@contextmanager
def fetched_wheel(
    tool: Tool, constraint: ToolConstraint, pip: ToolWheel, interpreter: Interpreter, context: BuildContext
) -> Iterator[ToolWheel]:
    """Return the newest wheel that fits ``constraint``, for as long as the block lasts; ``pip`` fetches it.

    The user's variables, configuration and bindings say where the index is, and nothing else. Raises
    ConfigurationError if the index has no such version, DownloadError if it cannot be had or is another one.
    """
    with _downloaded(tool, str(constraint), [_requirement(tool, constraint)], pip, interpreter, context) as (
        directory,
        code,
        tail,
    ):
        if code:
            raise _explained(tool, constraint, tail, interpreter, code)
        yield _checked(tool, directory, constraint)


@contextmanager
def fetched_wheels(  # noqa: PLR0917
    tool: Tool,
    version: str,
    wheels: Mapping[str, str],
    pip: ToolWheel,
    interpreter: Interpreter,
    context: BuildContext,
) -> Iterator[Path]:
    """Return a directory with exactly these wheels, SHA-256 (hex) by ``name==version``, as `fetched_wheel`.

    ``version`` is that of the tool which they are for. Raises DownloadError if they cannot be had.
    """
    lines = [f"{pin} --hash=sha256:{digest}\n" for pin, digest in wheels.items()]
    with _downloaded(tool, version, lines, pip, interpreter, context) as (directory, code, tail):
        if code:
            raise _set_not_fetched(tool, version, tail, code)
        there = {file_sha256(path) for path in directory.iterdir()}
        if there != set(wheels.values()):
            raise DownloadError(
                f"The package index gave something else than {tool.name} {version} and what it needs",
                advice="Is a pip.conf in use that rewrites requirements? Nothing of it was used.",
            )
        yield directory


@contextmanager
def _downloaded(  # noqa: PLR0917
    tool: Tool,
    wanted: str,
    requirements: Iterable[str],
    pip: ToolWheel,
    interpreter: Interpreter,
    context: BuildContext,
) -> Iterator[tuple[Path, int, str]]:
    """Let pip fetch what the lines name; return where it is, pip's exit code and the end of its output."""
    access = read_index_access(context.bindings, context.environment)
    with tempfile.TemporaryDirectory(prefix=f"strata-{tool.name}-") as scratch:
        directory = Path(scratch) / "wheels"
        directory.mkdir()
        # In a file, since only there a requirement may have a hash; and in the wheel's own directory there
        # is no module of the app that could be imported.
        file = Path(scratch) / "requirements.txt"
        file.write_text("".join(requirements), "utf-8")
        with access.environment(_network(context.environment), minor=interpreter.minor) as env:
            program = (interpreter.executable, pip.path / "pip")
            arguments = ("download", *_OPTIONS, "--dest", directory, "--requirement", file)
            try:
                code, tail = commands.run_with_tail(
                    (*_LIMITED, *program, *arguments), env=env, cwd=directory, time_limit=_TIME_LIMIT
                )
            except CommandFailed as error:
                raise _not_fetched(tool, wanted, error.title) from error
        yield directory, code, tail


def _requirement(tool: Tool, constraint: ToolConstraint) -> str:
    if constraint.sha256:
        return f"{tool.name}=={constraint.exact} --hash=sha256:{constraint.sha256}\n"
    return f"{tool.name}{constraint.specifier},>={tool.minimum}\n"


def _network(environment: Mapping[str, str]) -> dict[str, str]:
    kept = {name: environment[name] for name in NETWORK_VARIABLES if environment.get(name)}
    # A pip.conf that names the index may also want a virtual environment, which is for installing.
    return isolated_environment(environment) | kept | {"PIP_REQUIRE_VIRTUALENV": "0"}


def _checked(tool: Tool, directory: Path, constraint: ToolConstraint) -> ToolWheel:
    found = list(directory.iterdir())
    wheel = read_wheel(found[0]) if len(found) == 1 and found[0].name.startswith(f"{tool.name}-") else None
    if wheel is None or not constraint.allows(wheel.version, wheel.sha256):
        names = ", ".join(sorted(path.name for path in found)) or "nothing"
        raise DownloadError(
            f"The package index gave something else than {tool.name} {constraint}",
            detail=f"It gave {names}.",
            advice="Is a pip.conf in use that rewrites requirements? Nothing of it was used.",
        )
    return wheel


def _explained(
    tool: Tool, constraint: ToolConstraint, tail: str, interpreter: Interpreter, code: int
) -> BuildpackError:
    if "DO NOT MATCH THE HASHES" in tail and tool.sha256:
        return DownloadError(
            f"The wheel of {tool.name} {constraint.exact} on the package index does not have the SHA-256"
            " that was given",
            detail=f"Expected: {constraint.sha256}; pip's message above has the other.",
            advice=f"Nothing of it was used. Compare {tool.sha256.name}, or the build plan's sha256, with "
            "the index: somebody may have changed the wheel, or it is the one of another file.",
        )
    versions = _VERSIONS.search(tail)
    known = [] if versions is None else [one for one in versions[1].split(", ") if one != "none"]
    if known:
        more = "..., " if len(known) > _SHOWN_VERSIONS else ""
        return ConfigurationError(
            f"The package index has no {tool.name} {constraint} for Python {interpreter.version}",
            detail=f"It has: {more}{', '.join(known[-_SHOWN_VERSIONS:])}",
            advice=f"Ask for another version, {tool.minimum} at least, or leave {tool.version.name} out: "
            f"then {tool.own}.",
        )
    if "[Errno 27]" in tail:  # EFBIG
        return _not_fetched(tool, str(constraint), f"What it sends has more than {_LARGEST_MEGABYTES} MiB.")
    return _not_fetched(
        tool,
        str(constraint),
        f"It cannot be reached, or it has no wheel of {tool.name} for this machine."
        if versions
        else f"pip ended with exit code {code}; its message is above.",
    )


def _set_not_fetched(tool: Tool, version: str, tail: str, code: int) -> DownloadError:
    if "DO NOT MATCH THE HASHES" in tail:
        return DownloadError(
            f"A wheel that {tool.name} {version} needs does not have the SHA-256 that this buildpack knows",
            detail="pip's message above names it.",
            advice="Nothing of it was used: somebody may have changed it on its way, or on the index.",
        )
    missing = _MISSING.search(tail)
    if missing:
        return _not_fetched(
            tool,
            version,
            f"It cannot be reached, or it has no wheel of {missing[1]} for this Python and machine.",
        )
    return _not_fetched(tool, version, f"pip ended with exit code {code}; its message is above.")


def _not_fetched(tool: Tool, wanted: str, detail: str) -> DownloadError:
    return DownloadError(
        f"{tool.name} {wanted} could not be fetched from the package index",
        detail=detail,
        advice="Check PIP_INDEX_URL, bindings of type pypi, proxies (HTTPS_PROXY) and certificates "
        f"(SSL_CERT_FILE). {tool.unreachable}",
    )
