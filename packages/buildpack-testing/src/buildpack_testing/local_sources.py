"""Where a local build gets its Python and its packages from, as user variables for the buildpacks."""

from __future__ import annotations

import os
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING

from buildpack_testing.installed_pythons import find_installed
from buildpack_testing.package_index import fill_index
from buildpack_testing.runtimes import make_runtimes
from buildpack_testing.server import serve
from buildpack_testing.standalone.archives import make_standalone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from buildpack_testing.runtime_set import RuntimeSet
    from buildpack_testing.server import StaticServer

# The caller's settings of how to reach an index; in a container they would have to be given in the same way.
_CONNECTION = (
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_DEFAULT_TIMEOUT"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
)


class RuntimeSource(Enum):
    """Where Python comes from: archives made of this machine's CPythons, real ones, or the published ones.

    The real ones are python-build-standalone's trees as package registries have them, of a few versions.
    """

    LOCAL = "local"
    STANDALONE = "standalone"
    DOWNLOAD = "download"

    @classmethod
    def default(cls) -> RuntimeSource:
        """Return LOCAL where a suitable CPython is installed: it needs no network."""
        return cls.LOCAL if find_installed() else cls.DOWNLOAD


def connection_variables(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the caller's settings for reaching a package index, to be passed on to the build."""
    environ = os.environ if environ is None else environ
    return {name: environ[name] for name in _CONNECTION if environ.get(name)}


@contextmanager
def runtime_variables(
    source: RuntimeSource, *, report: Callable[[str], None] = lambda _line: None
) -> Iterator[dict[str, str]]:
    """Yield the variables that make python-runtime use a source; archives made here are served meanwhile.

    Raises ReleaseError when these cannot be made.
    """
    if source is RuntimeSource.DOWNLOAD:
        yield {}
        return
    make = make_standalone if source is RuntimeSource.STANDALONE else make_runtimes
    with mirror_variables(make(report=report)) as variables:
        yield variables


@contextmanager
def mirror_variables(runtimes: RuntimeSet) -> Iterator[dict[str, str]]:
    """Serve runtimes as a mirror on loopback and give the variables that name it."""
    with serve(runtimes.directory) as server:
        yield {"BP_PYTHON_RUNTIMES": str(runtimes.catalogue), "BP_DEPENDENCY_MIRROR": server.url}


@contextmanager
def index_variables(
    requirements: Sequence[Path], *, report: Callable[[str], None] = lambda _line: None
) -> Iterator[dict[str, str]]:
    """Serve an index with the wheels of requirements files on loopback and give the variables that name it.

    Raises NetworkError when it has to be filled first and that fails.
    """
    with serve(fill_index(requirements, report=report).directory) as server:
        yield served_index(server)


def served_index(server: StaticServer) -> dict[str, str]:
    """Return the variables that name a served index; pip caches wheels only of hosts that it trusts."""
    return {"PIP_INDEX_URL": f"{server.url}/simple/", "PIP_TRUSTED_HOST": "127.0.0.1"}
