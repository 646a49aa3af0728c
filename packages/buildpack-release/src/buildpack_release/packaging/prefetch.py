"""Archives of runtimes in the cache, fetched by the code with which a build fetches them.

The buildpack's own module `prefetch` is started as a program, with the wheels that it will be packaged with:
the same mirrors, proxies, certificates, retries, resumption and checks. The repository's settings are not
asked twice: whoever can build with the buildpack on this machine can fill an offline package on it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, NetworkError, ReleaseError
from buildpack_release.oci.content import file_sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from buildpack_release.packaging.inputs import Inputs

_START = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from {package}.prefetch import main
main()
"""

_DOWNLOAD_FAILED = 4  # buildpack_api.errors.DownloadError


@dataclass(frozen=True)
class Fetcher:
    """The program: the buildpack's package, and where its modules are (folders, and wheels)."""

    package: str
    modules: tuple[Path, ...]

    @classmethod
    def of(cls, inputs: Inputs, wheels: tuple[Path, ...]) -> Fetcher:
        """Take what a buildpack is made of. Raises CheckFailed if it has no code for fetching."""
        sources = {file.name: file.source for file in inputs.files}
        program = f"lib/{inputs.package}/prefetch.py"
        if program not in sources:
            raise CheckFailed(
                "this buildpack has no code that fetches archives",
                advice=f"Offline packages need a module {inputs.package}.prefetch.",
                file=sources["buildpack.toml"],
            )
        library = sources["lib/buildpack_api/__init__.py"]
        return cls(inputs.package, (sources[program].parents[1], library.parents[1], *wheels))


def fetch_archives(
    sums: Iterable[str], fetcher: Fetcher, *, catalogue: Path, cache: Path, report: Callable[[str], None]
) -> dict[str, Path]:
    """Return the file for each SHA-256, checked; those that the cache has not got are fetched.

    Raises:
        NetworkError: no place gives an archive. What has arrived of it is kept for the next run.
        ReleaseError: the cache cannot be written to, or a setting is wrong.
    """
    store = cache / "archives"
    wanted = list(dict.fromkeys(sums))
    missing = [one for one in wanted if not _is_whole(store / f"{one}.tar.gz", one)]
    if missing:
        _run(missing, fetcher, catalogue=catalogue, store=store, report=report)
    return {one: store / f"{one}.tar.gz" for one in wanted}


def _is_whole(path: Path, sha256: str) -> bool:
    """Tell whether an archive is in the cache; one that is damaged is dropped."""
    if not path.is_file():
        return False
    if file_sha256(path) == f"sha256:{sha256}":
        return True
    path.unlink(missing_ok=True)
    return False


def _run(
    sums: list[str], fetcher: Fetcher, *, catalogue: Path, store: Path, report: Callable[[str], None]
) -> None:
    modules = json.dumps([os.fspath(path) for path in fetcher.modules])
    command = [sys.executable, "-I", "-S", "-B", "-c", _START.format(package=fetcher.package), modules]
    order = {"catalogue": os.fspath(catalogue), "store": os.fspath(store), "sha256": sums}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        try:
            # The order and the answer are small: no pipe is ever full while nobody reads it.
            assert process.stdin and process.stderr and process.stdout  # noqa: S101, PT018
            process.stdin.write(json.dumps(order))
            process.stdin.close()
            said = []
            for line in process.stderr:
                said.append(line.rstrip())
                report(line.rstrip())
            answer = process.stdout.read()
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise _failure(answer, process.returncode, said)


def _failure(answer: str, code: int, said: list[str]) -> ReleaseError:
    try:
        fault = json.loads(answer)
        title, detail, advice = str(fault["title"]), str(fault["detail"]), str(fault["advice"])
    except (ValueError, KeyError, TypeError):
        return ReleaseError(f"fetching archives ended with {code}", detail="\n".join(said[-8:]))
    if code == _DOWNLOAD_FAILED:
        return NetworkError(title, detail=detail, advice=advice)
    return ReleaseError(title, detail=detail, advice=advice)
