"""What tests skip for: by name, with a command, and never under CI."""

from __future__ import annotations

import pytest

from buildpack_testing.needs import NEEDS
from support.needs import need


@pytest.fixture
def something_missing(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))


@pytest.mark.usefixtures("something_missing")
def test_without_it_the_test_is_skipped_and_the_command_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    skipped = pytest.skip.Exception  # noqa: TID251 (what is tested)
    with pytest.raises(skipped, match=r"^missing: strace \(sudo apt-get install strace\)$"):
        need("strace")


@pytest.mark.usefixtures("something_missing")
@pytest.mark.parametrize("value", ["true", "True", "1"])
def test_under_ci_it_fails(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.fail.Exception, match="missing: strace"):
        need("strace")


def test_every_need_says_what_to_do() -> None:
    assert all(one.advice and name == one.name for name, one in NEEDS.items())
