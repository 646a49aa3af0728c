"""Where Python and packages come from must reach the build as ordinary user variables, and nothing else."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

from buildpack_testing.local_sources import (
    RuntimeSource,
    connection_variables,
    mirror_variables,
    runtime_variables,
)
from buildpack_testing.runtime_set import RuntimeSet

if TYPE_CHECKING:
    from pathlib import Path


def test_only_settings_of_the_connection_are_passed_on() -> None:
    environ = {
        "PIP_INDEX_URL": "https://example.org/simple",
        "PIP_TARGET": "/x",
        "SSL_CERT_FILE": "",
        "HOME": "/h",
    }
    assert connection_variables(environ) == {"PIP_INDEX_URL": "https://example.org/simple"}


def test_a_mirror_serves_the_archives_while_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(b"content")
    catalogue = tmp_path / "runtimes.toml"
    with mirror_variables(RuntimeSet(tmp_path, catalogue, ())) as variables:
        assert variables["BP_PYTHON_RUNTIMES"] == str(catalogue)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{variables['BP_DEPENDENCY_MIRROR']}/archive", timeout=10) as response:
            assert response.read() == b"content"


def test_the_published_runtimes_need_no_variable() -> None:
    with runtime_variables(RuntimeSource.DOWNLOAD) as variables:
        assert variables == {}
