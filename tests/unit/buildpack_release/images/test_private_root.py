"""What cannot be done is refused at once; what can is in `tests/integration/test_images.py`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import MissingToolError, UsageError
from buildpack_release.images.private_root import run_with_folder

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
NAME = "strata-nowhere"


@pytest.mark.parametrize("name", ["usr", "", "a/b"])
def test_the_system_is_not_covered_up(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        run_with_folder(tmp_path, name, ["/bin/true"], environment=ENVIRONMENT)


def test_where_there_is_no_namespace_the_other_way_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program of the name that refuses, as it does where the kernel forbids it; and none at all."""
    fake = tmp_path / "unshare"
    fake.write_text("#!/bin/sh\necho 'Operation not permitted' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(MissingToolError, match="no mount namespace") as refused:
        run_with_folder(tmp_path, NAME, ["/bin/true"], environment=ENVIRONMENT)
    assert refused.value.detail == "Operation not permitted"
    fake.unlink()
    with pytest.raises(MissingToolError, match="no program unshare"):
        run_with_folder(tmp_path, NAME, ["/bin/true"], environment=ENVIRONMENT)
