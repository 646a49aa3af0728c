"""How uv in the place of pip is told what pip is set up for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.installers.uv.requirements import told_by_pip
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def told(tmp_path: Path, file: str = "", **variables: str) -> dict[str, str]:
    """Return what uv is told with these variables, and this [global] in a configuration file.

    The machine may have a file with a certificate.
    """
    (tmp_path / "pip.conf").write_text(f"[global]\n{file}\n")
    usual = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "PIP_CERT": "/usual.pem"}
    found = told_by_pip({**usual, **variables})
    return {name: value for name, value in found.items() if value != "/usual.pem"}


def test_indexes_and_hosts_are_separated_as_uv_reads_them(tmp_path: Path) -> None:
    """Whether they are in variables or in a file, where each may have a line of its own."""
    here = tmp_path / "wheels"
    here.mkdir()
    found = told(
        tmp_path,
        "extra-index-url =\n  https://b/\n  https://c/",
        PIP_INDEX_URL="https://a/",
        PIP_TRUSTED_HOST="one  two:8080",
        PIP_FIND_LINKS=f"{here} /nowhere https://links/",
    )
    assert found == {
        "UV_DEFAULT_INDEX": "https://a/",
        "UV_INDEX": "https://b/ https://c/",
        "UV_FIND_LINKS": f"{here},https://links/",
        "UV_INSECURE_HOST": "one two:8080",
    }


def test_what_is_set_for_uv_itself_stays(tmp_path: Path) -> None:
    assert told(tmp_path, PIP_INDEX_URL="https://a/", UV_DEFAULT_INDEX="https://own/") == {}


def test_certificates_and_proxies_of_pip_come_before_those_of_all_programs(tmp_path: Path) -> None:
    """As with pip."""
    found = told(
        tmp_path,
        "proxy = http://proxy:1",
        PIP_CERT="/own ca.pem",
        SSL_CERT_FILE="/usual.pem",
        HTTPS_PROXY="http://p",
    )
    assert found["SSL_CERT_FILE"] == "/own ca.pem"
    assert {found[name] for name in ("ALL_PROXY", "HTTPS_PROXY", "http_proxy")} == {"http://proxy:1"}


@pytest.mark.parametrize("value", ["1", "true"])
def test_no_index_is_refused_unless_it_is_off(tmp_path: Path, value: str) -> None:
    assert told(tmp_path, PIP_NO_INDEX="no") == {}
    with pytest.raises(ConfigurationError, match="PIP_NO_INDEX cannot be used with BP_INSTALLER=uv"):
        told(tmp_path, PIP_NO_INDEX=value)
    with pytest.raises(ConfigurationError, match="PIP_NO_INDEX cannot be used with BP_INSTALLER=uv"):
        told(tmp_path, f"no-index = {value}")
