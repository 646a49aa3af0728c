"""Where the values of a TOML document are: a map from key path to line.

The parser of the standard library gives data without positions. This scanner reads the text once more, after
the real parser has accepted it: it knows keys, strings, brackets and headers, not numbers or dates. It never
fails: on text that is no TOML it returns what it has understood so far.
"""

from __future__ import annotations

import contextlib
import re

from buildpack_common.parsing import parse_toml

Key = str | int
KeyPath = tuple[Key, ...]

_STRINGS = (
    r'"""(?:\\[\s\S]|[^\\])*?"{3,5}',
    r"'''[\s\S]*?'{3,5}",
    r'"(?:\\.|[^"\\\n])*"',
    r"'[^'\n]*'",
)
_STRING = re.compile("|".join(_STRINGS))
_BARE_KEY = re.compile(r"[^\s=.\[\]{},#\"']+")
_BLANK = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\n]*")
# What only TOML 1.1 knows.
_SHORT_TIME = re.compile(r"(?:\d{4}-\d\d-\d\d[Tt ])?\d\d:\d\d(?!:)", re.ASCII)
_NEWER_ESCAPE = re.compile(r"(?:[^\\]|\\[^ex])*(\\[ex])")


def locate(text: str) -> dict[KeyPath, int]:
    """Map the path of every key, table and array item to its (first) line, counted from 1."""
    scanner = _Scanner(text)
    with contextlib.suppress(_NotUnderstoodError, RecursionError):
        scanner.document()
    return scanner.lines


def newer_syntax(text: str) -> tuple[int, str] | None:
    """Return the first place where a document needs TOML 1.1, as line and what it is; None for TOML 1.0.

    Parsers that know TOML 1.1 take it without a word, and those that read packages (pack) know TOML 1.0.
    """
    scanner = _Scanner(text)
    with contextlib.suppress(_NotUnderstoodError, RecursionError):
        scanner.document()
    return min(scanner.newer, default=None)


class _NotUnderstoodError(Exception):
    """The text is not TOML as far as the scanner knows it."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0
        self.lines: dict[KeyPath, int] = {}
        self.newer: list[tuple[int, str]] = []
        self._array_lengths: dict[KeyPath, int] = {}

    def document(self) -> None:
        """Read headers and `key = value` lines up to the end."""
        table: KeyPath = ()
        while True:
            self._skip(_BLANK_LINES)
            if self._at >= len(self._text):
                return
            if self._peek("["):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> KeyPath:
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        keys = self._keys()
        for _ in range(2 if is_array else 1):
            self._expect("]")
        path: KeyPath = ()
        for key in keys[:-1]:
            path = self._last_item((*path, key))
            self._note(path)
        path = (*path, keys[-1])
        if is_array:
            self._note(path)
            index = self._array_lengths.get(path, 0)
            self._array_lengths[path] = index + 1
            path = (*path, index)
        self._note(path)
        return path

    def _last_item(self, path: KeyPath) -> KeyPath:
        """Go into the newest item when the path is an array of tables, as a header below it does."""
        length = self._array_lengths.get(path)
        return (*path, length - 1) if length else path

    def _pair(self, table: KeyPath) -> None:
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path)
        self._expect("=")
        self._skip(_BLANK)
        self._value(path)

    def _keys(self) -> list[str]:
        keys = [self._key()]
        while self._peek("."):
            self._at += 1
            keys.append(self._key())
        return keys

    def _key(self) -> str:
        self._skip(_BLANK)
        quoted = _STRING.match(self._text, self._at)
        found = quoted or _BARE_KEY.match(self._text, self._at)
        if found is None:
            raise _NotUnderstoodError
        if quoted:
            self._note_escapes(found.group())
        self._at = found.end()
        self._skip(_BLANK)
        return _unquote(found.group()) if quoted else found.group()

    def _value(self, path: KeyPath) -> None:
        self._note(path)
        string = _STRING.match(self._text, self._at)
        if string is not None:
            self._note_escapes(string.group())
            self._at = string.end()
        elif self._peek("["):
            self._array(path)
        elif self._peek("{"):
            self._inline_table(path)
        else:
            if _SHORT_TIME.match(self._text, self._at):
                self._note_newer("a time without seconds")
            self._skip(_SCALAR)

    def _array(self, path: KeyPath) -> None:
        self._expect("[")
        index = 0
        while not self._closed("]"):
            self._value((*path, index))
            index += 1
            self._separator("]")

    def _inline_table(self, path: KeyPath) -> None:
        self._expect("{")
        self._skip_in_inline_table()
        while not self._closed("}"):
            self._pair(path)
            self._skip_in_inline_table()
            has_comma = self._peek(",")
            self._separator("}")
            self._skip_in_inline_table()
            if has_comma and self._peek("}"):
                self._note_newer("a comma before the end of an inline table")

    def _skip_in_inline_table(self) -> None:
        start = self._at
        self._skip(_BLANK_LINES)
        if not set("\n#").isdisjoint(self._text[start : self._at]):
            self._note_newer("an inline table of several lines", start)

    def _closed(self, bracket: str) -> bool:
        self._skip(_BLANK_LINES)
        if not self._peek(bracket):
            return False
        self._at += 1
        return True

    def _separator(self, bracket: str) -> None:
        self._skip(_BLANK_LINES)
        if not self._peek(bracket):
            self._expect(",")

    def _expect(self, character: str) -> None:
        if not self._peek(character):
            raise _NotUnderstoodError
        self._at += 1

    def _peek(self, character: str) -> bool:
        return self._text.startswith(character, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()

    def _note_escapes(self, string: str) -> None:
        found = _NEWER_ESCAPE.match(string) if string.startswith('"') else None
        if found:
            self._note_newer(f"the escape {found[1]}", self._at + found.start(1))

    def _note_newer(self, what: str, at: int | None = None) -> None:
        self.newer.append((self._text.count("\n", 0, self._at if at is None else at) + 1, what))

    def _note(self, path: KeyPath) -> None:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        self.lines.setdefault(path, self._line)


def _unquote(text: str) -> str:
    """Value of a quoted key, or the text itself if the parser does not take it."""
    try:
        return str(parse_toml(f"key = {text}")["key"])
    except ValueError:
        return text
