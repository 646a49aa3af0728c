"""pip installs itself without a word from the user's configuration."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pip_tool.install import installer_environment

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
