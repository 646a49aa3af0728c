"""What is already there, bit for bit, pip chooses as ever, but neither downloads nor unpacks.

It is moved into the environment afterwards (`app_venv.unchanged`). This runs inside pip's process
(`inside_pip`): pip can be told to leave a package out only by its name, before anything is chosen.

Which wheel pip would download is told by its SHA-256, as the index states it, else the requirement. One that
nobody states, or that the requirement does not allow, is downloaded and checked as ever. What the resolver
needs to know of a wheel, it learns from the metadata that were installed of the very same.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType

    DirectUrlOf = Callable[[Any], Any]
    """Of pip: makes, of a link, what the installation report says of it."""

_OTHERWISE_MADE = (AttributeError, KeyError, OSError, TypeError, ValueError)
"""What is raised where pip is made otherwise inside, or the metadata cannot be read."""


@dataclass(frozen=True)
class OfferedWheels:
    """Directories with the metadata of wheels (``.dist-info``), by ``sha256:... True``.

    The word says whether the wheel was installed as asked for by name.
    """

    directories: Mapping[str, str]

    def has(self, requirement: Any) -> bool:  # noqa: ANN401  (a class of pip)
        """Whether what pip has chosen for a requirement gives what is there.

        With an address of its own (PEP 610) it would not, nor if it was built here: then the hash is that of
        its source.
        """
        return bool(self._directory(requirement))

    def has_answered(self, requirement: Any) -> bool:  # noqa: ANN401
        """Whether it is there, and `answer` has told pip its metadata."""
        directory = self._directory(requirement)
        return bool(directory) and requirement.metadata_directory == directory

    def answer(self, preparer: Any, requirement: Any, direct_url: DirectUrlOf) -> Any:  # noqa: ANN401
        """Return the metadata of what pip has chosen for a requirement, as a distribution of pip.

        Return None if it is not there. Raises what pip raises of a requirement that lacks a hash.
        """
        try:
            if requirement.download_info is not None:  # of a wheel that was built here
                return None
            requirement.download_info = _download_info(preparer, requirement, direct_url)
            directory = self._directory(requirement)
            if directory:
                requirement.metadata_directory = directory
                return requirement.get_dist()
        except _OTHERWISE_MADE:
            requirement.metadata_directory = None
        requirement.download_info = None
        return None

    def _directory(self, requirement: Any) -> str:  # noqa: ANN401
        try:
            digest = requirement.download_info.to_dict()["archive_info"]["hashes"]["sha256"]
            plain = requirement.original_link is None and requirement.is_wheel is True
            line = f"sha256:{digest} {bool(requirement.user_supplied)}"
            return self.directories.get(line, "") if plain else ""
        except (AttributeError, KeyError, TypeError):
            return ""


def read_offered(text: str) -> OfferedWheels:
    """Read lines of ``sha256:... True directory``. Raises ValueError."""
    lines = (line.split(" ", 2) for line in text.split("\n"))
    return OfferedWheels({f"{digest} {requested}": directory for digest, requested, directory in lines})


def leave_out(command: ModuleType, direct_url: DirectUrlOf, offered: OfferedWheels) -> None:
    """Let pip's ``install``, the module of the command, fetch and unpack only what is not offered.

    What pip builds packages with is not concerned: it is prepared and installed elsewhere. Raises
    AttributeError if pip is made otherwise.
    """
    install, make = command.install_given_reqs, command.InstallCommand.make_requirement_preparer

    def install_others(requirements: Iterable[Any], *arguments: object, **options: object) -> object:
        others = [one for one in requirements if not offered.has(one)]
        return install(others, *arguments, **options)

    def make_preparer(*arguments: object, **options: object) -> object:
        preparer = make(*arguments, **options)
        with suppress(AttributeError):
            _fetch_others(preparer, direct_url, offered)
        return preparer

    command.install_given_reqs = install_others  # type: ignore[attr-defined]
    command.InstallCommand.make_requirement_preparer = staticmethod(make_preparer)


def _fetch_others(preparer: Any, direct_url: DirectUrlOf, offered: OfferedWheels) -> None:  # noqa: ANN401
    """Let what prepares requirements tell metadata of what is offered, and download only the others.

    Raises AttributeError if pip is made otherwise.
    """
    fetch, fetch_more = preparer._fetch_metadata_only, preparer.prepare_linked_requirements_more  # noqa: SLF001

    def answer_or_fetch(requirement: Any, *arguments: object, **options: object) -> object:  # noqa: ANN401
        found = offered.answer(preparer, requirement, direct_url)
        return fetch(requirement, *arguments, **options) if found is None else found

    def fetch_others(requirements: Iterable[Any], *arguments: object, **options: object) -> object:
        others = [one for one in requirements if not offered.has_answered(one)]
        return fetch_more(others, *arguments, **options)

    preparer._fetch_metadata_only = answer_or_fetch  # noqa: SLF001
    preparer.prepare_linked_requirements_more = fetch_others


def _download_info(preparer: Any, requirement: Any, direct_url: DirectUrlOf) -> Any:  # noqa: ANN401
    """Return what pip would report of a wheel that it has to download; None if its hash is not known."""
    link = requirement.link
    if not requirement.is_wheel or requirement.original_link is not None or link.is_file:
        return None
    info = direct_url(link)
    digest = _stated_digest(info.to_dict()["archive_info"].get("hashes"), requirement.hash_options)
    if not preparer._get_linked_req_hashes(requirement).is_hash_allowed("sha256", digest):  # noqa: SLF001
        return None
    archive = {"hash": f"sha256={digest}", "hashes": {"sha256": digest}}
    return type(info).from_dict({**info.to_dict(), "archive_info": archive})


def _stated_digest(index: Mapping[str, str] | None, requirement: Mapping[str, list[str]]) -> str:
    """Return the SHA-256 that the index states; if it states no hash, the only one of the requirement."""
    if index:
        return index.get("sha256", "")
    (only,) = requirement.values() if requirement.keys() == {"sha256"} else [[]]
    return only[0] if len(only) == 1 else ""
