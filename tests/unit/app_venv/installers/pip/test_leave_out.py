"""Which of the requirements that pip has chosen need be neither downloaded nor unpacked."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from app_venv.installers.pip.leave_out import OfferedWheels, leave_out, read_offered

OFFERED = OfferedWheels({"sha256:ab True": "/a b/ab.dist-info", "sha256:cd False": "/cd.dist-info"})
METADATA = object()


class RefusedError(Exception):
    """What pip raises of hashes."""


@dataclass(frozen=True)
class Hashes:
    """Hashes that are allowed, as pip has them."""

    allowed: tuple[str, ...]

    def is_hash_allowed(self, kind: str, digest: str) -> bool:
        return kind == "sha256" and digest in self.allowed


@dataclass(frozen=True)
class Told:
    """What the report says of a link: without a hash of the index there is none."""

    archive: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"url": "https://example.com/a.whl", "archive_info": self.archive}

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Told:
        return cls(table["archive_info"])


def told(**hashes: str) -> Told:
    return Told({"hashes": hashes} if hashes else {})


@dataclass
class Chosen:
    """What is looked at of pip's own class."""

    link: Any = field(default_factory=lambda: SimpleNamespace(is_file=False, told=told(sha256="ab")))
    user_supplied: bool = True
    original_link: str | None = None
    is_wheel: bool = True
    hash_options: dict[str, list[str]] = field(default_factory=dict)
    download_info: Any = None
    metadata_directory: str | None = None
    needs_more_preparation: bool = False

    def get_dist(self) -> object:
        assert self.metadata_directory
        return METADATA


def link(*, is_file: bool = False, **hashes: str) -> SimpleNamespace:
    return SimpleNamespace(is_file=is_file, told=told(**hashes))


class Preparer:
    """What prepares requirements in pip, as far as that is changed; it notes what it downloads."""

    def __init__(self, *allowed: str) -> None:
        self.allowed = allowed
        self.fetched: list[object] = []

    def _get_linked_req_hashes(self, requirement: Chosen) -> Hashes:
        if "refused" in self.allowed:
            raise RefusedError
        stated = requirement.link.told.archive.get("hashes", {}).values()
        return Hashes(self.allowed or tuple(stated))

    def _fetch_metadata_only(self, requirement: object) -> object:
        self.fetched.append(requirement)
        return None

    def prepare_linked_requirements_more(self, requirements: list[object], *, parallel: bool = False) -> None:
        self.fetched += [*requirements, parallel]


def pip(preparer: object, seen: list[object]) -> Any:  # noqa: ANN401
    """Return the module of the command ``install``."""

    class InstallCommand:
        @classmethod
        def make_requirement_preparer(cls, *_given: object, **_options: object) -> object:
            return preparer

    command: Any = ModuleType("install")
    command.install_given_reqs = lambda *given, **options: seen.extend([*given, options])
    command.InstallCommand = InstallCommand
    return command


def told_by(link: SimpleNamespace) -> Told:
    found: Told = link.told
    return found


@pytest.mark.parametrize(
    ("chosen", "has"),
    [
        (Chosen(download_info=told(sha256="ab")), True),
        (Chosen(download_info=told(sha256="cd"), user_supplied=False), True),
        (Chosen(download_info=told(sha256="cd")), False),
        (Chosen(download_info=told(sha256="ef")), False),
        (Chosen(download_info=told(sha256="ab"), original_link="https://example.com/a.whl"), False),
        (Chosen(download_info=told(sha256="ab"), is_wheel=False), False),
        (Chosen(download_info=told(sha512="ab")), False),
        (Chosen(download_info=told()), False),
        (Chosen(), False),
        (object(), False),
    ],
)
def test_only_what_would_be_installed_in_the_same_way_is_there(chosen: object, has: bool) -> None:
    assert OFFERED.has(chosen) is has


@pytest.mark.parametrize(
    ("chosen", "allowed", "answered"),
    [
        (Chosen(), (), True),
        (Chosen(), ("ab", "ef"), True),
        (Chosen(), ("ef",), False),  # the index has another file than the lock
        (Chosen(link=link()), (), False),  # nobody says what it is
        (Chosen(link=link(), hash_options={"sha256": ["ab"]}), ("ab",), True),
        (Chosen(link=link(), hash_options={"sha256": ["ab", "ef"]}), ("ab", "ef"), False),
        (Chosen(link=link(), hash_options={"sha256": ["ab"], "sha512": ["1"]}), ("ab",), False),
        (Chosen(link=link(sha512="1"), hash_options={"sha256": ["ab"]}), ("ab",), False),
        (Chosen(link=link(sha256="ef")), (), False),
        (Chosen(user_supplied=False), (), False),  # REQUESTED would be another
        (Chosen(original_link="https://example.com/a.whl"), (), False),
        (Chosen(is_wheel=False), (), False),
        (Chosen(link=link(is_file=True, sha256="ab")), (), False),  # at hand, and checked
    ],
)
def test_metadata_are_told_of_what_is_there_by_the_hash_that_is_stated(
    chosen: Chosen, allowed: tuple[str, ...], *, answered: bool
) -> None:
    found = OFFERED.answer(Preparer(*allowed), chosen, told_by)
    assert found is (METADATA if answered else None)
    assert OFFERED.has(chosen) is OFFERED.has_answered(chosen) is answered
    assert chosen.metadata_directory == ("/a b/ab.dist-info" if answered else None)
    assert (chosen.download_info is None) is not answered


def test_what_pip_says_of_a_wheel_that_it_has_built_stays() -> None:
    chosen = Chosen(download_info=told(sha256="ab"))
    assert OFFERED.answer(Preparer(), chosen, told_by) is None
    assert chosen.download_info == told(sha256="ab")
    assert not OFFERED.has_answered(chosen)


def test_what_pip_raises_of_a_hash_is_raised() -> None:
    with pytest.raises(RefusedError):
        OFFERED.answer(Preparer("refused"), Chosen(), told_by)


@pytest.mark.parametrize("lacks", ["_get_linked_req_hashes", "get_dist", "from_dict"])
def test_by_a_pip_that_is_made_otherwise_all_is_downloaded(
    lacks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (Preparer, Chosen, Told):
        monkeypatch.delattr(one, lacks, raising=False)
    chosen = Chosen()
    assert OFFERED.answer(Preparer(), chosen, told_by) is None
    assert (chosen.download_info, chosen.metadata_directory) == (None, None)


def test_the_others_are_prepared_and_installed_with_all_that_pip_says() -> None:
    """Protects options that a newer pip hands on."""
    seen: list[object] = []
    preparer: Any = Preparer()
    command = pip(preparer, seen)
    leave_out(command, told_by, OFFERED)
    assert command.InstallCommand().make_requirement_preparer("x", y=1) is preparer
    there, other = Chosen(), Chosen(link=link(sha256="ef"), download_info=told(sha256="ef"))
    assert preparer._fetch_metadata_only(there) is METADATA
    assert preparer._fetch_metadata_only(other) is None
    preparer.prepare_linked_requirements_more([there, other], parallel=True)
    assert preparer.fetched == [other, other, True]
    command.install_given_reqs([there, other], "root", progress=True)
    assert seen == [[other], "root", {"progress": True}]


def test_what_pip_prepares_otherwise_is_left_out_of_the_installation_all_the_same() -> None:
    """Then it downloads all, and unpacks the others."""
    seen: list[object] = []
    preparer: Any = SimpleNamespace(prepare_linked_requirements_more="as it was")
    command = pip(preparer, seen)
    leave_out(command, told_by, OFFERED)
    assert command.InstallCommand.make_requirement_preparer() is preparer
    assert vars(preparer) == {"prepare_linked_requirements_more": "as it was"}
    command.install_given_reqs([Chosen(download_info=told(sha256="ab"))])
    assert seen == [[], {}]


def test_a_command_that_is_made_otherwise_is_left_alone() -> None:
    command: Any = ModuleType("install")
    command.install_given_reqs = install = object()
    with pytest.raises(AttributeError):
        leave_out(command, told_by, OFFERED)
    assert command.install_given_reqs is install


def test_what_is_offered_is_read_whatever_its_path() -> None:
    assert read_offered("sha256:ab True /a b/ab.dist-info\nsha256:cd False /cd.dist-info") == OFFERED
    with pytest.raises(ValueError, match="unpack"):
        read_offered("sha256:ab True")
