"""Which settings make another environment, and that none of them shows a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.key import settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "name",
    [
        "PIP_INDEX_URL",
        "PIP_PRE",
        "PIP_ONLY_BINARY",
        "PIP_CONSTRAINT",
        "PIP_pre",
        "CFLAGS",
        "SOURCE_DATE_EPOCH",
    ],
)
def test_what_decides_about_the_result_counts(name: str) -> None:
    assert settings({name: "1"}) != settings({name: "2"})
    assert settings({name: "1"}) != settings({})
    assert settings({name: ""}) == settings({})


@pytest.mark.parametrize(
    "name",
    ["PIP_PROXY", "PIP_TIMEOUT", "PIP_timeout", "PIP_CACHE_DIR", "PIP_PYTHON", "PATH", "HOME", "TOKEN"],
)
def test_what_does_not_decide_does_not_count(name: str) -> None:
    assert settings({name: "/1"}) == settings({})


def test_values_are_not_kept_and_passwords_do_not_count() -> None:
    first = settings({"PIP_INDEX_URL": "https://me:one@host.example/simple"})
    assert first == settings({"PIP_INDEX_URL": "https://me:two@host.example/simple"})
    assert first != settings({"PIP_INDEX_URL": "https://me:one@other.example/simple"})
    assert "host.example" not in "".join(first)


def test_configuration_files_count(tmp_path: Path) -> None:
    file = tmp_path / ".config/pip/pip.conf"
    environment = {"HOME": str(tmp_path)}
    without = settings(environment)
    file.parent.mkdir(parents=True)
    file.write_text("[global]\nindex-url = https://me:one@host/simple\n")
    first = settings(environment)
    assert first != without
    file.write_text("[global]\nindex-url = https://me:two@host/simple\n")
    assert settings(environment) == first
    assert settings({**environment, "PIP_CONFIG_FILE": "/dev/null"}) != first
    assert settings({"PIP_CONFIG_FILE": str(file)}) != settings({})
