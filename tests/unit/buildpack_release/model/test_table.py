from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.model.table import Table, suggestion
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from buildpack_release.model.finding import Finding


def root_of(text: str) -> tuple[Table, list[Finding]]:
    findings: list[Finding] = []
    return Table.root(TomlSource.parse(text, Path("x.toml")), findings), findings


def test_values_of_the_right_type_are_given() -> None:
    """Reading a sound table finds nothing."""
    root, findings = root_of('s = "x"\nb = true\nl = ["y"]\n[t]\ns = "z"\n[[a]]\ns = "1"\n[[a]]\ns = "2"\n')
    assert (root.string("s"), root.boolean("b"), root.strings("l")) == ("x", True, ("y",))
    assert root.table("t").string("s") == "z"
    assert [table.string("s") for table in root.tables("a")] == ["1", "2"]
    assert (root.string("no"), root.boolean("no"), root.strings("no"), list(root.tables("no"))) == (
        "",
        False,
        (),
        [],
    )
    assert findings == []


def test_wrong_types_are_found_and_read_as_empty() -> None:
    """Each wrong value is named with its dotted key, its type and its line, and reading goes on."""
    root, findings = root_of('[t]\ns = 1\nb = "x"\nl = [\n"a",\n2]\na = [3]\nd = 1979-05-27\n')
    table = root.table("t")
    assert (table.string("s"), table.boolean("b"), table.strings("l")) == ("", False, ("a",))
    assert list(table.tables("a")) == []
    assert table.string("d") == ""
    assert [(finding.line, finding.message) for finding in findings] == [
        (2, '"t.s" must be a string, not a number'),
        (3, '"t.b" must be true or false, not a string'),
        (6, '"t.l" must hold strings, not a number'),
        (7, '"t.a" must hold tables, not a number'),
        (8, '"t.d" must be a string, not a date or time'),
    ]


def test_true_is_not_a_number_and_not_a_string() -> None:
    """Python's bool is an int: TOML's is not."""
    root, findings = root_of("s = true\nb = 1\n")
    root.string("s")
    root.boolean("b")
    assert len(findings) == 2


def test_missing_and_empty_strings() -> None:
    """A required string must be there and say something."""
    root, findings = root_of('[t]\na = " "\n')
    root.table("t").string("a", required=True)
    root.table("t").string("b", required=True)
    root.table("u", required=True)
    assert [(finding.line, finding.code) for finding in findings] == [
        (2, "empty"),
        (1, "missing-key"),
        (None, "missing-key"),
    ]


def test_unknown_keys_come_with_the_nearest_known_one() -> None:
    """The lifecycle ignores them without a word, so the hint is the point."""
    root, findings = root_of("[t]\nVersoin = 1\nxyz = 2\n")
    root.table("t").refuse_unknown_keys(("version", "id"))
    assert [(finding.message, finding.advice) for finding in findings] == [
        ('unknown key "t.Versoin"', 'did you mean "version"?'),
        ('unknown key "t.xyz"', ""),
    ]


def test_suggestion_keeps_the_known_spelling() -> None:
    """Case does not hide a near miss."""
    assert suggestion("STRATA/PIP", ["Strata/pip"]) == 'did you mean "Strata/pip"?'
