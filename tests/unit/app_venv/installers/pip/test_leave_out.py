"""Which of the requirements that pip has chosen need not be unpacked."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from app_venv.installers.pip.leave_out import OfferedWheels, leave_out

OFFERED = OfferedWheels(frozenset({"sha256:ab True", "sha256:cd False"}))


@dataclass
class Chosen:
    """What is looked at of pip's own class."""

    digest: str = "ab"
    user_supplied: bool = True
    original_link: str | None = None
    is_wheel: bool = True
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def download_info(self) -> Chosen:
        return self

    def to_dict(self) -> dict[str, Any]:
        return self.told or {"archive_info": {"hashes": {"sha256": self.digest}}}


@pytest.mark.parametrize(
    ("chosen", "has"),
    [
        (Chosen(), True),
        (Chosen("cd", user_supplied=False), True),
        (Chosen("cd"), False),
        (Chosen("ef"), False),
        (Chosen(original_link="https://example.com/a.whl"), False),
        (Chosen(is_wheel=False), False),
        (Chosen(told={"vcs_info": {}}), False),
        (Chosen(told={"archive_info": {}}), False),
        (object(), False),
    ],
)
def test_only_what_would_be_installed_in_the_same_way_is_there(chosen: object, has: bool) -> None:
    assert OFFERED.has(chosen) is has


def test_the_others_are_installed_with_all_that_pip_says() -> None:
    """Protects options that a newer pip hands on."""
    seen: list[object] = []
    command = ModuleType("install")
    command.install_given_reqs = lambda *given, **options: seen.extend([*given, options])  # type: ignore[attr-defined]
    leave_out(command, OFFERED)
    other = Chosen("ef")
    command.install_given_reqs([Chosen(), other], "root", progress=True)
    assert seen == [[other], "root", {"progress": True}]
