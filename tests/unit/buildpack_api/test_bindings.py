from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api.bindings import Binding, find_bindings, read_bindings
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def write_binding(root: Path, name: str, **entries: str) -> None:
    (root / name).mkdir(parents=True)
    for key, content in entries.items():
        (root / name / key).write_text(content)


def test_bindings_of_the_platform_are_read(tmp_path: Path) -> None:
    write_binding(tmp_path / "bindings", "b", type="pypi\n", provider=" acme ", password="s3cret\n")
    write_binding(tmp_path / "bindings", "a", type="ca-certificates")
    first, second = read_bindings({}, tmp_path)
    assert (first.name, first.type, first.provider, dict(first.secrets)) == ("a", "ca-certificates", "", {})
    assert (second.name, second.type, second.provider) == ("b", "pypi", "acme")
    assert second.read("password") == b"s3cret\n"


def test_the_service_binding_root_comes_first(tmp_path: Path) -> None:
    write_binding(tmp_path / "bindings", "a", type="x")
    write_binding(tmp_path / "elsewhere", "b", type="y")
    bindings = read_bindings({"SERVICE_BINDING_ROOT": str(tmp_path / "elsewhere")}, tmp_path)
    assert [binding.name for binding in bindings] == ["b"]


def test_nothing_that_is_shown_of_a_binding_holds_a_value(tmp_path: Path) -> None:
    write_binding(tmp_path / "bindings", "a", type="x", password="s3cret")
    (binding,) = read_bindings({}, tmp_path)
    assert "s3cret" not in f"{binding!r} {binding} {dict(binding.secrets)}"
    assert "password" not in repr(binding)


def test_directories_without_a_type_and_files_are_passed_over(tmp_path: Path) -> None:
    write_binding(tmp_path / "bindings", "a", password="x")
    (tmp_path / "bindings/file").touch()
    assert read_bindings({}, tmp_path) == ()
    assert read_bindings({}, tmp_path / "absent") == ()


def test_the_links_of_kubernetes_are_not_entries(tmp_path: Path) -> None:
    write_binding(tmp_path / "bindings/a", "..data", type="x", key="value")
    for name in ("type", "key"):
        (tmp_path / "bindings/a" / name).symlink_to(f"..data/{name}")
    (binding,) = read_bindings({}, tmp_path)
    assert list(binding.secrets) == ["key"]
    assert binding.read("key") == b"value"


def test_find_ignores_case_and_may_ask_for_a_provider() -> None:
    bindings = (Binding("a", "PyPI", "Acme"), Binding("b", "pypi"), Binding("c", "other"))
    assert [binding.name for binding in find_bindings(bindings, "pypi")] == ["a", "b"]
    assert [binding.name for binding in find_bindings(bindings, "pypi", "acme")] == ["a"]


def test_a_missing_entry_names_binding_and_entry(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'a' of type 'x' has no entry 'user'"):
        Binding("a", "x").read("user")
    with pytest.raises(ConfigurationError, match="Cannot read"):
        Binding("a", "x", secrets={"user": tmp_path}).read("user")
