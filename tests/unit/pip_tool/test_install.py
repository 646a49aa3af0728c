"""pip installs itself without a word from the user's configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_api.errors import BuildpackError
from buildpack_api.interpreter import Interpreter
from buildpack_api.tools.wheel import read_wheel
from pip_tool.install import install_pip, installer_environment

NAMES = st.from_regex(r"(PIP_|PYTHON|VIRTUAL_ENV|SSL_|HTTPS_|H)[A-Z_]{0,12}", fullmatch=True)


@given(st.dictionaries(NAMES, st.text(min_size=1, max_size=8)))
def test_only_our_own_settings_of_python_and_pip_remain(environment: dict[str, str]) -> None:
    cleaned = installer_environment(environment, Path("/layers/pip/userbase"))
    ours = {
        name: value for name, value in cleaned.items() if name.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV"))
    }
    assert ours == {
        "PYTHONUSERBASE": "/layers/pip/userbase",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_CONFIG_FILE": "/dev/null",
    }


@given(
    st.dictionaries(st.sampled_from(["HTTPS_PROXY", "SSL_CERT_FILE", "HOME", "PATH"]), st.text(max_size=8))
)
def test_proxies_certificates_and_places_remain(environment: dict[str, str]) -> None:
    cleaned = installer_environment(environment, Path("/u"))
    assert environment.items() <= cleaned.items()


def test_a_damaged_wheel_is_one_clear_error(tmp_path: Path) -> None:
    """It is unpacked before any Python runs."""
    path = tmp_path / "pip-1.0-py3-none-any.whl"
    path.write_bytes(b"no archive")
    wheel, python = read_wheel(path), Interpreter(Path("/nowhere"), "3.10.0", "3.10", "")
    with pytest.raises(BuildpackError, match=r"pip-1\.0-py3-none-any\.whl cannot be unpacked"):
        install_pip(wheel, wheel, python, tmp_path / "userbase", environment={})
