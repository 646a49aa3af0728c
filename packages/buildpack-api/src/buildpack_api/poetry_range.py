"""Poetry's own language for version ranges, put into PEP 440's."""

from __future__ import annotations

import re

_VERSION = r"\d+(?:\.\d+){0,2}"
_CARET_OR_TILDE = re.compile(rf"([\^~])\s*({_VERSION})")
_WILDCARD = re.compile(r"(\d+(?:\.\d+)?)\.\*")
_PLAIN = re.compile(r"={0,2}\s*(\d+\.\d+)")


def alternatives(text: str, *, bare_is_line: bool = True) -> tuple[str, ...]:
    """Return the PEP 440 ranges that together mean ``text``, such as ``^3.11`` or ``3.9.* || ~3.11``.

    A bare ``3.11`` means ``3.11.*``, as `.python-version` has it; without ``bare_is_line`` that
    very version, as in Poetry. Raises ValueError for what is not understood.
    """
    parts = re.split(r"\s*\|\|?\s*", text.strip())
    if not all(parts):
        raise ValueError("there is nothing on one side of ||" if len(parts) > 1 else "it is empty")
    return tuple(_conjunction(part, bare_is_line=bare_is_line) for part in parts)


def _conjunction(text: str, *, bare_is_line: bool) -> str:
    # Conditions are separated by commas or blanks; a blank may also follow an operator.
    joined = re.sub(r"([<>=!~^])\s+", r"\1", text.strip())
    parts = [part for part in re.split(r"[,\s]+", joined) if part]
    return ",".join(filter(None, (_condition(part, bare_is_line=bare_is_line) for part in parts)))


def _condition(text: str, *, bare_is_line: bool) -> str:
    if text == "*":
        return ""
    found = _CARET_OR_TILDE.fullmatch(text)
    if found:
        return _caret_or_tilde(found[1], [int(part) for part in found[2].split(".")])
    line = _WILDCARD.fullmatch(text) or (_PLAIN.fullmatch(text) if bare_is_line else None)
    if line:
        return f"=={line[1]}.*"
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # few versions need it

    specifier = f"=={text}" if text[0].isdigit() else text
    try:
        return str(SpecifierSet(specifier))
    except InvalidSpecifier as error:
        raise ValueError(f"{text!r} is not a version range") from error


def _caret_or_tilde(operator: str, numbers: list[int]) -> str:
    lowest = ".".join(map(str, numbers))
    fixed = 1 if operator == "^" or len(numbers) == 1 else 2  # parts that must stay as they are
    highest = [*numbers[: fixed - 1], numbers[fixed - 1] + 1]
    return f">={lowest},<{'.'.join(map(str, highest))}"
