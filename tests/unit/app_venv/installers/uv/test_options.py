"""uv's variables: which are refused, which count, and that every one of the real uv is known."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from app_venv.installers.uv.options import REFUSED, refuse_variables, relevant_settings, uv_variables
from buildpack_api.errors import ConfigurationError
from support.uv_projects import shared_uv

if TYPE_CHECKING:
    from pathlib import Path

# Tried with uv 0.13.9: these decide what is installed, or how it is built.
INPUTS = {
    "UV_CONFIG_FILE", "UV_DEFAULT_INDEX", "UV_EXCLUDE_NEWER", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS",
    "UV_FORK_STRATEGY", "UV_INDEX", "UV_INDEX_STRATEGY", "UV_INDEX_URL", "UV_INSECURE_HOST", "UV_NO_BINARY",
    "UV_NO_BINARY_PACKAGE", "UV_NO_BUILD", "UV_NO_BUILD_ISOLATION", "UV_NO_BUILD_PACKAGE", "UV_NO_CONFIG",
    "UV_NO_EDITABLE", "UV_NO_SOURCES", "UV_NO_SOURCES_PACKAGE", "UV_PRERELEASE", "UV_RESOLUTION",
}  # fmt: skip


def test_every_variable_of_the_real_sync_is_known(tmp_path: Path) -> None:
    """A new one of a newer uv is noticed here, and counts as an input until somebody has looked at it."""
    text = subprocess.run([shared_uv(), "help", "sync"], capture_output=True, text=True, check=True).stdout
    names = set(re.findall(r"\bUV_[A-Z_]+\b", text))
    assert len(names) > 30
    counting = {
        name
        for name in names - REFUSED.keys()
        if relevant_settings({name: "x", "HOME": str(tmp_path)}, tmp_path) or name == "UV_CONFIG_FILE"
    }
    assert counting == INPUTS


def test_all_that_are_refused_are_listed_with_reasons_and_no_value() -> None:
    with pytest.raises(ConfigurationError) as caught:
        refuse_variables({"UV_PYTHON": "s3cret", "UV_FROZEN": "1", "UV_OFFLINE": "1", "UV_NO_CACHE": ""})
    assert caught.value.title == "These variables would spoil the build: UV_FROZEN, UV_PYTHON"
    assert "BP_UV_FROZEN=true" in caught.value.detail
    assert "s3cret" not in str(caught.value)


def test_uv_gets_what_is_neither_refused_nor_overruled() -> None:
    given = {"UV_OFFLINE": "1", "UV_PYTHON": "3.9", "UV_LINK_MODE": "copy", "UV_NEW": "x", "PIP_PRE": "1"}
    assert uv_variables(given) == {"UV_OFFLINE": "1", "UV_NEW": "x"}


def test_a_new_password_for_the_same_index_is_no_other_setting(tmp_path: Path) -> None:
    first, second, other = (
        relevant_settings(
            {"UV_INDEX": f"https://{user}@{host}/simple", "UV_INDEX_X_PASSWORD": user}, tmp_path
        )
        for user, host in (("u:one", "index"), ("u:two", "index"), ("u:two", "other"))
    )
    assert first == second != other


def test_the_content_of_files_counts_not_their_names(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("left<2\n")
    environment = {"UV_CONSTRAINT": "c.txt", "HOME": str(tmp_path)}
    before = relevant_settings(environment, tmp_path)
    (tmp_path / "c.txt").write_text("left<3\n")
    assert len(before) == 1
    assert relevant_settings(environment, tmp_path) != before
    (tmp_path / ".config/uv").mkdir(parents=True)
    (tmp_path / ".config/uv/uv.toml").write_text("offline = true\n")
    assert len(relevant_settings(environment, tmp_path)) == 2
