"""YAML as far as plain data need it: mappings, lists, texts, numbers and truth values, with comments.

Texts are written as JSON has them, which YAML 1.2 takes, unless they can be mistaken for nothing else.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Any value of this kind: dict, list, str, int, bool.
Plain: TypeAlias = Any
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*")
# Neither number, nor truth value, nor null in YAML 1.1 or 1.2: a letter, and something that no such word has.
_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9]*[./-][A-Za-z0-9./-]*[A-Za-z0-9]")
_WORDS = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|nan|inf")


def yaml_document(document: Mapping[str, Plain], *, comment: str = "") -> str:
    """Return a document with a comment before it. Raises TypeError for a value of another kind."""
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    return "\n".join([*lines, *_mapping(document, "")]) + "\n"


def yaml_stream(documents: list[str]) -> str:
    """Join documents to one file."""
    return "---\n".join(documents)


def _mapping(value: Mapping[str, Plain], indent: str) -> Iterator[str]:
    for key, inner in value.items():
        yield from _entry(f"{indent}{_key(key)}:", inner, f"{indent}  ")


def _entry(head: str, value: Plain, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        yield head
        yield from _mapping(value, indent)
    elif isinstance(value, list) and value:
        yield head
        for item in value:
            yield from _item(item, indent)
    else:
        yield f"{head} {_scalar(value)}"


def _item(value: Plain, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        lines = list(_mapping(value, f"{indent}  "))
        yield f"{indent}- {lines[0][len(indent) + 2 :]}"
        yield from lines[1:]
    elif isinstance(value, list) and value:
        yield f"{indent}-"
        for inner in value:
            yield from _item(inner, f"{indent}  ")
    else:
        yield f"{indent}- {_scalar(value)}"


def _scalar(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return value if _TEXT.fullmatch(value) else _quoted(value)
    if value in ({}, []):
        return json.dumps(value)
    raise TypeError(f"this cannot be written as YAML: {value!r}")


def _key(key: str) -> str:
    return key if _KEY.fullmatch(key) and not _WORDS.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    """Return a text in double quotes, as JSON has it but for the escapes of what cannot be printed."""
    return "".join(_escaped(char) for char in json.dumps(text, ensure_ascii=False))


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  what four digits hold
