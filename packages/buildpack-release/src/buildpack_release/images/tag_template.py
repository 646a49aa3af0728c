"""How the tags of images that were patched are called, and of those that they were made of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from buildpack_release.errors import UsageError
from oci_registry.reference import is_tag

_FIELDS = ("tag", "python", "old")
_VERSION = r"[0-9]+\.[0-9]+\.[0-9]+"


@dataclass(frozen=True)
class TagTemplate:
    """How a tag is called after another: `{tag}`, `{python}` (the new version) and `{old}` are replaced."""

    text: str

    def __post_init__(self) -> None:
        """Raise UsageError if no tag comes out of it."""
        self.tag("1", "3.0.0", "3.0.0")

    def tag(self, tag: str, python: str, old: str) -> str:
        """Return the tag. Raises UsageError if it is none."""
        values = dict(zip(_FIELDS, (tag, python, old), strict=True))
        try:
            made = self.text.format_map(values)
        except (KeyError, ValueError, IndexError, AttributeError):
            made = ""
        if not is_tag(made):
            known = ", ".join(f"{{{name}}}" for name in _FIELDS)
            raise UsageError(f'no tag comes out of "{self.text}"', advice=f"It may hold {known}.")
        return made

    def made_of(self, tag: str, *, python: str = "", old: str = "") -> str | None:
        """Return of which tag this one would have been made; None if of none, "" if that is not told.

        Args:
            tag: the tag that there is.
            python: the new version, if that is known; else any.
            old: the old version, if that is known; else any.
        """
        pattern = re.escape(self.text)
        for name, found in (("python", python), ("old", old)):
            pattern = pattern.replace(rf"\{{{name}\}}", re.escape(found) if found else _VERSION)
        first, *others = pattern.split(r"\{tag\}")
        named = [f"(?P<tag>.+){others[0]}", *(f"(?P=tag){one}" for one in others[1:])] if others else []
        match = re.fullmatch("".join([first, *named]), tag)
        return match and match.groupdict().get("tag", "")
