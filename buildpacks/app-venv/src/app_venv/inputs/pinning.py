"""What is known about the inputs before anything is installed: how far they determine the result."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from app_venv.inputs.requirement_lines import expand, unfilled
from app_venv.settings import REQUIRE_HASHES
from buildpack_api.errors import ConfigurationError
from buildpack_common.known_secrets import address_secrets
from buildpack_common.redaction import has_unreadable_host, hide_credentials, redact, without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from app_venv.inputs.requirement_lines import PlacedLine
    from buildpack_common.known_secrets import KnownSecret

AS_WRITTEN = "In a password / ? # @ : are written as %2F %3F %23 %40 %3A."
UNREADABLE = "has an address whose host cannot be told: something else than a port follows it"
NEVER_FILLED = "stays as it is: pip fills in variables in requirements files only"
_HASH = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{64}(?![0-9A-Za-z])")  # SHA-256, however it is written
_CONDITIONS = (
    "python_full_version", "implementation_version", "requires-python", "requires_python", "python-versions"
)  # fmt: skip
_SHOWN, _MORE = 60, "..."  # characters of a requirement
_LISTED = 20


class Pinning(Enum):
    """How much of the result a requirement determines."""

    LOCKED = "locked"
    """Exact version and hash: what is installed is these bytes or nothing."""
    OPEN = "open"
    """An index decides, so it has to be asked."""
    UNPROVABLE = "unprovable"
    """Source code or a file that can change unseen: only a new installation is right."""


@dataclass(frozen=True)
class PinnedRequirement:
    """Something to install. ``place`` is ``file:line`` or a file, ``text`` short and without credentials.

    ``hashes`` are those that its line allows.
    """

    place: str
    text: str
    pinning: Pinning
    reason: str = ""
    hashes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_cut(self) -> bool:
        """Whether ``text`` is only the beginning."""
        return self.text.endswith(_MORE)

    def __str__(self) -> str:
        return f"{self.place} ({self.text}) {self.reason}"


@dataclass(frozen=True)
class Unfilled:
    """A ``${NAME}`` that stays as it is written: where it stands, and why."""

    place: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: ${{{self.name}}} {self.reason}"


def listed(requirements: Sequence[PinnedRequirement]) -> str:
    """Return requirements for people, a line each, and how many more there are."""
    more = [f"and {len(requirements) - _LISTED} more"] if len(requirements) > _LISTED else []
    return "\n".join([*map(str, requirements[:_LISTED]), *more])


@dataclass(frozen=True)
class PinnedInputs:
    """All that is installed.

    ``title`` names it for people (every choice shows in it), ``arguments`` for ``pip install``. ``files``
    are the names that were read, in that order; ``digest`` (SHA-256) covers names and contents, with
    ``${VARIABLES}`` replaced and without credentials in URLs. ``remark`` says why a default was chosen,
    ``passed_over`` what was not read that people may think was, and why.
    ``empty``: nothing at all is to be installed, and pip, which would refuse that, need not run. ``offline``:
    nothing but the app's own wheels may be used. ``unfilled`` are variables in the files that have no value,
    ``secrets`` are those in addresses of the files, ``hashes`` the SHA-256 of what they allow.
    ``written`` are those of them that are written out, not filled in from a variable.
    ``listing`` is the text of a requirements file that was made of another kind of file. ``conditional`` are
    the texts that may have conditions on a full version of Python (`evidence.patch_conditions`). ``lines``
    are all of requirements files, in pip's order, and of ``listing``; ``missing`` are files that
    others include.
    """

    title: str
    arguments: tuple[str, ...]
    files: tuple[str, ...]
    digest: str
    requirements: tuple[PinnedRequirement, ...] = ()
    remark: str = ""
    passed_over: str = ""
    empty: bool = False
    offline: bool = False
    unfilled: tuple[Unfilled, ...] = ()
    secrets: tuple[KnownSecret, ...] = field(default=(), repr=False)
    hashes: frozenset[str] = field(default=frozenset(), repr=False)
    written: tuple[KnownSecret, ...] = field(default=(), repr=False)
    listing: str = field(default="", repr=False)
    conditional: tuple[str, ...] = field(default=(), repr=False)
    lines: tuple[PlacedLine, ...] = field(default=(), repr=False, compare=False)
    missing: tuple[str, ...] = ()

    proved_when_kept: ClassVar[bool] = False
    """Whether a restored environment with equal inputs needs no other proof that it may be reused."""

    def arguments_with(self, scratch: Path) -> tuple[str, ...]:
        """Return the arguments for ``pip install``; a file that it needs for them is put into ``scratch``."""
        if not self.listing:
            return self.arguments
        path = scratch / f"{self.files[0].rpartition('/')[2]}.txt"
        path.write_text(self.listing, "utf-8", "surrogateescape")
        return (*self.arguments, "--requirement", str(path))

    @property
    def copies_project(self) -> bool:
        """Whether the project in the app directory is installed as a copy."""
        copied = any(one == "." or one.startswith(".[") for one in self.arguments)
        return copied and "--editable" not in self.arguments

    @property
    def advice(self) -> str:
        """What to add to the advice when pip fails."""
        names = ", ".join(dict.fromkeys(f"${{{one.name}}}" for one in self.unfilled))
        unfilled = f" Without a value, as the warning above says: {names}." if names else ""
        if not self.offline:
            return unfilled
        return unfilled + (
            " No index was asked, only the app's own wheels were used: pip download, with the same Python "
            "and on the same kind of machine, fetches what is missing there."
        )

    @property
    def unprovable(self) -> tuple[PinnedRequirement, ...]:
        """The requirements for which no restored environment can be proved right."""
        return tuple(one for one in self.requirements if one.pinning is Pinning.UNPROVABLE)

    def require_hashes(self) -> None:
        """Raise ConfigurationError that lists all requirements without a hash."""
        found = self.unlocked
        if found:
            raise ConfigurationError(
                f"{REQUIRE_HASHES.name} is set, and {len(found)} of the requirements are not pinned by hash",
                detail=listed(found),
                advice="Write name==version --hash=sha256:... for each, dependencies included, or use a lock "
                "file: pip-compile --generate-hashes, pip lock and uv export write them.",
            )

    @property
    def locked(self) -> bool:
        """Whether the files alone determine every installed byte."""
        return not self.unlocked

    @property
    def unlocked(self) -> tuple[PinnedRequirement, ...]:
        """The requirements that are not pinned by hash."""
        return tuple(one for one in self.requirements if one.pinning is not Pinning.LOCKED)


@dataclass
class Evidence:
    """Collects what the readers of the different kinds of files find."""

    files: list[str] = field(default_factory=list)
    requirements: list[PinnedRequirement] = field(default_factory=list)
    unfilled: list[Unfilled] = field(default_factory=list)
    secrets: list[KnownSecret] = field(default_factory=list, repr=False)
    hashes: set[str] = field(default_factory=set, repr=False)
    written: list[KnownSecret] = field(default_factory=list, repr=False)
    conditional: list[str] = field(default_factory=list, repr=False)
    lines: list[PlacedLine] = field(default_factory=list, repr=False)
    missing: list[str] = field(default_factory=list)
    _sha256: hashlib._Hash = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        """The digest of all that was added so far."""
        return self._sha256.hexdigest()

    def add(self, name: str, text: str | None) -> None:
        """Add a file's name and content; None stands for one that is missing. Its credentials are hidden."""
        self.files.append(name)
        if text is None:
            self.missing.append(name)
        hide_credentials(text or "")
        self.hashes.update(one.lower() for one in _HASH.findall(text or ""))
        if text and any(word in text for word in _CONDITIONS):
            self.conditional.append(text)
        content = without_credentials(text or "").encode("utf-8", "surrogatepass")
        state = b"missing" if text is None else hashlib.sha256(content).hexdigest().encode()
        self._sha256.update(os.fsencode(name) + b"\0" + state + b"\0")

    def know(self, text: str, place: str, variables: Mapping[str, str] | None = None) -> None:
        """Add the secrets of the addresses in a text, and what stays of the ``${VARIABLES}`` in it.

        They are filled in from ``variables`` where pip does that; None: this is a file in which it does not.
        """
        values = variables or {}
        if has_unreadable_host(expand(text, values)):
            raise ConfigurationError(
                f"{place} {UNREADABLE}",
                advice=f"{AS_WRITTEN} Better give it in a binding of type pypi.",
            )
        self.written += address_secrets(text, place)
        self.secrets += address_secrets(text, place, expand=lambda template: expand(template, values))
        for name in unfilled(text, values) if "${" in text else ():
            self.unfilled.append(Unfilled(place, name, _unfilled_because(name, variables)))

    def note(
        self, place: str, text: str, pinning: Pinning, reason: str = "", hashes: tuple[str, ...] = ()
    ) -> None:
        """Add a requirement, with its text cut short and without credentials."""
        shown = redact(text)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}{_MORE}"
        self.requirements.append(PinnedRequirement(place, shown, pinning, reason, hashes))


def _unfilled_because(name: str, variables: Mapping[str, str] | None) -> str:
    if variables is None:
        return NEVER_FILLED
    if name.upper() != name:
        return "stays as it is: pip fills in names of capital letters, digits and _ only"
    if variables.get(name):
        return "stays as it is: pip fills in a name in braces, and nothing but a name"
    return "is empty" if name in variables else "is not set"
