"""The page of all variables is what the code reads: none is missing, and none has another meaning."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

import variables_page
from markdown_links import tracked
from variables_page import NAME, PAGE, ROOT

if TYPE_CHECKING:
    from pathlib import Path


NEW = "_".join(("STRATA", "NEW"))  # noqa: FLY002  (as one word it would be in no table itself)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one module, which reads a variable."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    module = tmp_path / "packages/one/src/one.py"
    module.parent.mkdir(parents=True)
    names = f'environ["{NEW}"]; "BP_*", f"BP_{{name}}", "ABP_ONE", "BP_DEPENDENCY_MIRROR_A_EXAMPLE"'
    module.write_text(names)
    return tmp_path


def test_the_page_is_up_to_date() -> None:
    """Of this checkout, as ``nox -s lint`` sees it as well."""
    assert (ROOT / PAGE).read_text("utf-8") == variables_page.page(ROOT), "python scripts/variables_page.py"


def test_every_variable_that_code_names_is_in_a_table() -> None:
    assert variables_page.undocumented(ROOT, (ROOT / PAGE).read_text("utf-8")) == []


def test_types_of_bindings_are_taken_from_the_tables() -> None:
    """So that none is read that is in no table."""
    calls = [
        f"{file}: {call}"
        for file in tracked(ROOT)
        if re.match(r"(packages|buildpacks)/[^/]+/src/.*\.py$", file)
        for call in re.findall(r"(?<!def )find_bindings\([^()]*\)", (ROOT / file).read_text("utf-8"))
    ]
    assert len(calls) > 5
    assert [call for call in calls if re.search("[\"']", call)] == []


def test_a_variable_in_no_table_is_named_with_its_file(repository: Path) -> None:
    """A sentence about it is no table; patterns and examples of hosts are no names."""
    fault = [f"packages/one/src/one.py: {NEW} is in no table of variables"]
    assert variables_page.undocumented(repository, f"Set {NEW}.\n") == fault
    assert variables_page.undocumented(repository, f"| `{NEW}` | a path | what it is |\n") == []


def test_tests_may_have_build_variables_of_their_own(repository: Path) -> None:
    (repository / "packages/one/src/one.py").unlink()
    (repository / "tests").mkdir()
    (repository / "tests/test_it.py").write_text('{"BP_MADE_UP": "1"}')
    assert variables_page.undocumented(repository, "") == []
    (repository / "tests/test_it.py").write_text(f'environ.get("{NEW}")')
    assert variables_page.undocumented(repository, "") != []


@pytest.mark.parametrize("text", ["BP_A", "BPL_A_B", "BP_X1", NEW, "${BP_A:-1}", "$BP_A is uv", '"BP_A"'])
def test_names_are_found(text: str) -> None:
    assert NAME.search(text)


@pytest.mark.parametrize("text", ["BP_", "BP_*", "STRATA_REGISTRY_*", "BP_A_<HOST>", "XBP_A", "BP_a"])
def test_patterns_are_no_names(text: str) -> None:
    assert not NAME.search(text)
