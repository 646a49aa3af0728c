"""Which settings make another environment, and that none of them shows a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_venv.key import settings

APP = Path("/nowhere")


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
    assert settings({name: "1"}, APP) != settings({name: "2"}, APP)
    assert settings({name: "1"}, APP) != settings({}, APP)
    assert settings({name: ""}, APP) == settings({}, APP)


@pytest.mark.parametrize(
    "name",
    ["PIP_PROXY", "PIP_TIMEOUT", "PIP_timeout", "PIP_CACHE_DIR", "PIP_PYTHON", "PATH", "HOME", "TOKEN"],
)
def test_what_does_not_decide_does_not_count(name: str) -> None:
    assert settings({name: "/1"}, APP) == settings({}, APP)


def test_values_are_not_kept_and_passwords_do_not_count() -> None:
    first = settings({"PIP_INDEX_URL": "https://me:one@host.example/simple"}, APP)
    assert first == settings({"PIP_INDEX_URL": "https://me:two@host.example/simple"}, APP)
    assert first != settings({"PIP_INDEX_URL": "https://me:one@other.example/simple"}, APP)
    assert "host.example" not in "".join(first)


def test_configuration_files_count(tmp_path: Path) -> None:
    file = tmp_path / ".config/pip/pip.conf"
    environment = {"HOME": str(tmp_path)}
    without = settings(environment, APP)
    file.parent.mkdir(parents=True)
    file.write_text("[global]\nindex-url = https://me:one@host/simple\n")
    first = settings(environment, APP)
    assert first != without
    file.write_text("[global]\nindex-url = https://me:two@host/simple\n")
    assert settings(environment, APP) == first
    assert settings({**environment, "PIP_CONFIG_FILE": "/dev/null"}, APP) != first
    assert settings({"PIP_CONFIG_FILE": str(file)}, APP) != settings({}, APP)


def test_only_what_decides_counts_of_a_configuration_file(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    environment = {"PIP_CONFIG_FILE": str(file)}
    file.write_text("[global]\nindex-url = https://host/simple\ntimeout = 5\n[freeze]\nall = 1\n")
    first = settings(environment, APP)
    file.write_text("[global]\nindex_url = https://host/simple\nproxy = http://p\n[install]\ncache-dir = x\n")
    assert settings(environment, APP) == first
    file.write_text("[install]\nindex-url = https://host/simple\npre = 1\n")
    assert settings(environment, APP) != first


@pytest.mark.parametrize("name", ["constraint", "build-constraint"])
def test_the_content_of_constraints_of_a_configuration_file_counts(tmp_path: Path, name: str) -> None:
    (tmp_path / "pip.conf").write_text(f"[install]\n{name} = limits.txt\n")
    environment = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    (tmp_path / "limits.txt").write_text("left<2")
    first = settings(environment, tmp_path)
    (tmp_path / "limits.txt").write_text("left<3")
    assert settings(environment, tmp_path) != first


def test_the_content_of_build_constraints_counts(tmp_path: Path) -> None:
    environment = {"PIP_BUILD_CONSTRAINT": "limits.txt"}
    without = settings(environment, tmp_path)
    (tmp_path / "limits.txt").write_text("setuptools<80")
    assert settings(environment, tmp_path) != without
