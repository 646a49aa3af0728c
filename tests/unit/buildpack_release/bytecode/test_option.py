from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.bytecode.option import BytecodeSources, parse_bytecode_from
from buildpack_release.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_archives_and_versions_are_told_apart(tmp_path: Path) -> None:
    archive = tmp_path / "3.14.6 of mine.tar.gz"
    archive.touch()
    given = parse_bytecode_from(["3.14", str(archive), "3.13.2", "3.14"], {})
    assert given == BytecodeSources((archive,), ("3.14", "3.13.2"))
    assert given
    assert not parse_bytecode_from([], {})


def test_a_variable_serves_all_tasks(tmp_path: Path) -> None:
    """Those without the option as well; the option goes before it."""
    archive = tmp_path / "a b.tar.gz"
    archive.touch()
    environ = {"STRATA_BYTECODE_FROM": f"3.14:{archive}:"}
    assert parse_bytecode_from([], environ) == BytecodeSources((archive,), ("3.14",))
    assert parse_bytecode_from(["3.15"], environ) == BytecodeSources((), ("3.15",))


@pytest.mark.parametrize("value", ["3", "python3.14", "none.tar.gz", "/usr", "3.14.x"])
def test_anything_else_is_a_mistake(value: str) -> None:
    with pytest.raises(UsageError, match="does not exist") as caught:
        parse_bytecode_from([value], {})
    assert "a line such as 3.14" in caught.value.advice
