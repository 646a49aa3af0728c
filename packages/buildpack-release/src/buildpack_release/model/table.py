"""Typed reading of TOML tables that collects findings instead of stopping at the first fault."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildpack_release.model.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_release.model.toml_lines import Key
    from buildpack_release.model.toml_source import TomlSource

_TYPE_NAMES = {
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "an array",
    dict: "a table",
}


def suggestion(word: str, known: Iterable[str]) -> str:
    """Advice such as `did you mean "targets"?`, or nothing when no known word is near."""
    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f'did you mean "{by_folded[near[0]]}"?' if near else ""


@dataclass(frozen=True)
class Table:
    """A table of a source, the key path to it and where findings go. Wrong values read as empty ones."""

    source: TomlSource
    data: Mapping[str, Any]
    path: tuple[Key, ...]
    findings: list[Finding]

    @classmethod
    def root(cls, source: TomlSource, findings: list[Finding]) -> Table:
        """Return the document itself."""
        return cls(source, source.data, (), findings)

    @property
    def name(self) -> str:
        """How messages call this table: its dotted path without indexes."""
        return ".".join(key for key in self.path if isinstance(key, str))

    def error(self, code: str, message: str, *keys: Key, advice: str = "") -> None:
        """Note an error at a key below this table."""
        self._add(Severity.ERROR, code, message, keys, advice)

    def warning(self, code: str, message: str, *keys: Key, advice: str = "") -> None:
        """Note a warning at a key below this table."""
        self._add(Severity.WARNING, code, message, keys, advice)

    def refuse_unknown_keys(self, known: Iterable[str]) -> None:
        """Note every key that is not known, with the nearest known one: the lifecycle just ignores it."""
        names = tuple(known)
        for key in self.data:
            if key not in names:
                self.error(
                    "unknown-key", f'unknown key "{self._dotted(key)}"', key, advice=suggestion(key, names)
                )

    def string(self, key: str, *, required: bool = False) -> str:
        """Read a string; "" when absent. A required one must not be empty."""
        value = self._typed(key, str, required=required)
        if required and isinstance(value, str) and not value.strip():
            self.error("empty", f'"{self._dotted(key)}" must not be empty', key)
        return value if isinstance(value, str) else ""

    def boolean(self, key: str) -> bool:
        """Read a boolean; False when absent."""
        return bool(self._typed(key, bool))

    def strings(self, key: str) -> tuple[str, ...]:
        """Read an array of strings; empty when absent."""
        values = self._typed(key, list) or []
        for index, value in enumerate(values):
            if not isinstance(value, str):
                self.error(
                    "type", f'"{self._dotted(key)}" must hold strings, not {_type_name(value)}', key, index
                )
        return tuple(value for value in values if isinstance(value, str))

    def table(self, key: str, *, required: bool = False) -> Table:
        """Return the table below a key; an empty one when absent."""
        return Table(
            self.source, self._typed(key, dict, required=required) or {}, (*self.path, key), self.findings
        )

    def tables(self, key: str) -> Iterator[Table]:
        """Return each table of an array of tables."""
        for index, value in enumerate(self._typed(key, list) or []):
            if isinstance(value, dict):
                yield Table(self.source, value, (*self.path, key, index), self.findings)
            else:
                self.error(
                    "type", f'"{self._dotted(key)}" must hold tables, not {_type_name(value)}', key, index
                )

    def _typed(self, key: str, kind: type, *, required: bool = False) -> Any:  # noqa: ANN401  TOML data is untyped
        if key not in self.data:
            if required:
                self.error("missing-key", f'"{self._dotted(key)}" is missing', key)
            return None
        value = self.data[key]
        if type(value) is not kind:
            self.error(
                "type", f'"{self._dotted(key)}" must be {_TYPE_NAMES[kind]}, not {_type_name(value)}', key
            )
            return None
        return value

    def _dotted(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def _add(self, severity: Severity, code: str, message: str, keys: tuple[Key, ...], advice: str) -> None:
        line = self.source.line(*self.path, *keys)
        self.findings.append(Finding(severity, code, message, self.source.path, line, advice))


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), "a date or time")
