"""Which emulator is registered for another processor's programs, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import MissingToolError
from buildpack_release.model.targets import own_arch
from buildpack_testing import emulation

if TYPE_CHECKING:
    from pathlib import Path

RULE = r":qemu-riscv64:M::\x7fELF\x00:\xff\xff\xff\xff\x00:{emulator}:OP"


@pytest.fixture
def emulator(tmp_path: Path) -> Path:
    path = tmp_path / "qemu"
    path.touch()
    return path


@pytest.fixture
def formats(tmp_path: Path, emulator: Path) -> Path:
    """The package's directory, as Debian and Ubuntu have it."""
    (tmp_path / "qemu-riscv64.conf").write_text(f"# binfmt.d(5)\n\n{RULE.format(emulator=emulator)}\n")
    return tmp_path


def test_the_rule_is_the_package_s_under_our_name(formats: Path, emulator: Path) -> None:
    """With F the emulator need not be in a container; the other flags are what the emulator expects."""
    expected = RULE.format(emulator=emulator).replace("qemu-riscv64", "ours").replace(":OP", ":FOP")
    assert emulation.binfmt_rule("riscv64", "ours", formats) == expected
    assert emulation.is_possible("riscv64", formats)


def test_a_rule_whose_emulator_is_gone_counts_for_nothing(formats: Path, emulator: Path) -> None:
    """A removed package may leave its configuration."""
    emulator.unlink()
    assert not emulation.is_possible("riscv64", formats)


def test_without_an_emulator_only_our_own_programs_run(tmp_path: Path) -> None:
    """A machine of that processor needs no emulation, and gets none."""
    assert not emulation.is_possible("riscv64", tmp_path)
    assert emulation.is_possible(own_arch(), tmp_path)
    with emulation.emulation(own_arch()):
        pass


def test_what_is_missing_is_named() -> None:
    """One error with the package that helps."""
    with pytest.raises(MissingToolError, match="Programs for pdp11 cannot be emulated") as caught:
        emulation.emulation("pdp11").__enter__()
    assert "qemu-user-static" in caught.value.advice
