from __future__ import annotations

import errno

from buildpack_api.errors import (
    INTERNAL_ERROR,
    BuildpackError,
    CommandFailed,
    ConfigurationError,
    DownloadError,
    PlatformError,
    from_os_error,
)


def test_exit_codes_tell_the_kinds_of_faults_apart() -> None:
    kinds: list[type[BuildpackError]] = [
        BuildpackError,
        ConfigurationError,
        DownloadError,
        CommandFailed,
        PlatformError,
    ]
    codes = [kind.exit_code for kind in kinds]
    assert codes == [1, 3, 4, 5, 6]
    assert INTERNAL_ERROR not in codes


def test_text_holds_title_detail_and_advice() -> None:
    error = BuildpackError("What is wrong", detail="Why", advice="What to do")
    assert str(error) == "What is wrong\nWhy\nWhat to do"
    assert str(BuildpackError("Only a title")) == "Only a title"


def test_faults_of_the_machine_name_the_file_and_the_way_out() -> None:
    error = from_os_error(OSError(errno.ENOSPC, "No space left on device", "/layers/x"))
    assert error is not None
    assert error.title == "No space is left on the device: /layers/x"
    assert error.advice


def test_a_fault_of_a_rename_names_both_files() -> None:
    error = from_os_error(OSError(errno.EROFS, "Read-only file system", "/a", None, "/b"))
    assert error is not None
    assert error.title.endswith("/a -> /b")


def test_other_os_errors_stay_bugs() -> None:
    assert from_os_error(OSError(errno.ENOTEMPTY, "Directory not empty", "/a")) is None
    assert from_os_error(OSError("no number")) is None
