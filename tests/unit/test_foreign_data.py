"""Data of others is parsed in one place, which knows what can go wrong with it."""

from __future__ import annotations

import ast

from unit.test_imports import ROOT, modules

# What parses, and by what name it is called. `buildpack_common.parsing` has a function for each.
_PARSERS = {
    ("json", "load"),
    ("json", "loads"),
    ("tomllib", "load"),
    ("tomllib", "loads"),
    ("ElementTree", "parse"),
    ("ElementTree", "fromstring"),
    ("pickle", "loads"),
    ("yaml", "safe_load"),
}
_ITSELF = "buildpack_common.parsing"
_ALONE = "app_venv.installers.pip.keep_downloads"
"""Runs within pip, where nothing of ours can be imported; it takes care itself."""


def test_json_and_toml_are_parsed_by_our_own_functions() -> None:
    """A RecursionError of json.loads is no ValueError, and ends in a traceback."""
    wrong = []
    for module, path in modules().items():
        if module in (_ITSELF, _ALONE) or module.startswith(("buildpack_testing.", "oci_registry.testing.")):
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
                continue
            if (node.value.id, node.attr) in _PARSERS:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.value.id}.{node.attr}")
    assert not wrong
    assert _ITSELF in modules()
