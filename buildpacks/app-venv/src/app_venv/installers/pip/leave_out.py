"""What is already there, bit for bit, pip chooses, fetches and checks as ever, but does not unpack.

It is moved into the environment afterwards (`app_venv.unchanged`). This runs inside pip's process
(`inside_pip`): pip can be told to leave a package out only by its name, before anything is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType


@dataclass(frozen=True)
class OfferedWheels:
    """Hashes (``sha256:...``) of wheels, with whether they were installed as asked for by name."""

    lines: frozenset[str]

    def has(self, requirement: Any) -> bool:  # noqa: ANN401  (a class of pip)
        """Whether what pip has chosen for a requirement gives what is there.

        With an address of its own (PEP 610) it would not, nor if it was built here: then the hash is that of
        its source.
        """
        try:
            digest = requirement.download_info.to_dict()["archive_info"]["hashes"]["sha256"]
            plain = requirement.original_link is None and requirement.is_wheel is True
            return plain and f"sha256:{digest} {bool(requirement.user_supplied)}" in self.lines
        except (AttributeError, KeyError, TypeError):
            return False


def leave_out(command: ModuleType, offered: OfferedWheels) -> None:
    """Let pip's ``install``, the module of the command, unpack only what is not offered."""
    install = command.install_given_reqs

    def install_others(requirements: Iterable[Any], *arguments: object, **options: object) -> object:
        others = [one for one in requirements if not offered.has(one)]
        return install(others, *arguments, **options)

    command.install_given_reqs = install_others  # type: ignore[attr-defined]
