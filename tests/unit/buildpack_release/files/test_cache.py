from __future__ import annotations

from pathlib import Path

from buildpack_release.files.cache import cache_directory


def test_the_first_variable_that_is_set_wins() -> None:
    """Ours, then the desktop standard's, then the home directory."""
    environ = {"STRATA_CACHE_DIR": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"}
    assert cache_directory(environ) == Path("/c")
    assert cache_directory({**environ, "STRATA_CACHE_DIR": ""}) == Path("/x/strata")
    assert cache_directory({"HOME": "/h"}) == Path("/h/.cache/strata")


def test_a_relative_folder_does_not_move_with_the_working_directory() -> None:
    """It is made absolute at once."""
    assert cache_directory({"STRATA_CACHE_DIR": "c"}) == Path.cwd() / "c"
