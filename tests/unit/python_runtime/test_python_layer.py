"""What the layer adds to the environment, and its key."""

from __future__ import annotations

import io
import tarfile
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_api.errors import DownloadError
from buildpack_api.layer_env import Scope
from python_runtime.installation import install
from python_runtime.python_layer import PythonKey, environment, tree_of

if TYPE_CHECKING:
    from buildpack_common.runtimes_catalogue import RuntimesCatalogue

LAYER = Path("/layers/strata_python-runtime/python")
KEY = PythonKey(
    version="3.14.2",
    sha256="ab" * 32,
    os="linux",
    arch="amd64",
    keep=(),
    bytecode=True,
    location=str(LAYER),
)


def changes(*keep: str) -> set[tuple[str, str, str, str, str | None]]:
    return {
        (change.scope.value, change.name, change.action, change.value, change.delimiter)
        for change in environment(LAYER, "3.14", keep)
    }


def test_at_launch_there_is_path_and_unbuffered_output_and_no_more() -> None:
    tree = tree_of(LAYER)

    assert {change for change in changes() if change[0] != Scope.BUILD.value} == {
        ("env", "PATH", "prepend", f"{tree}/bin", ":"),
        ("env", "PYTHONUNBUFFERED", "override", "1", None),
    }


def test_at_build_compilers_find_the_headers_and_byte_code_is_reproducible() -> None:
    tree = tree_of(LAYER)

    assert {change for change in changes() if change[0] == Scope.BUILD.value} == {
        ("env.build", "SOURCE_DATE_EPOCH", "default", "315532801", None),
        ("env.build", "CPATH", "prepend", f"{tree}/include/python3.14", ":"),
        ("env.build", "PKG_CONFIG_PATH", "prepend", f"{tree}/lib/pkgconfig", ":"),
    }


def test_only_who_keeps_libpython_gets_it_on_the_library_path() -> None:
    assert changes("tests", "tk", "static") == changes()
    assert changes("libpython") - changes() == {
        ("env", "LD_LIBRARY_PATH", "prepend", f"{tree_of(LAYER)}/lib", ":")
    }


def test_the_tree_does_not_lie_at_the_root_of_the_layer() -> None:
    assert tree_of(LAYER).parent == LAYER


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": "3.14.1"}, "Python: 3.14.1 -> 3.14.2"),
        ({"sha256": "cd" * 32}, "archive: cdcdcdcdcdcd... -> abababababab..."),
        ({"arch": "arm64"}, "architecture: arm64 -> amd64"),
        ({"keep": ("tests",)}, "BP_PYTHON_KEEP: -tests"),
        ({"bytecode": False}, "bytecode: no -> yes"),
        ({"location": "/other/python"}, f"location: /other/python -> {LAYER}"),
        ({"recipe": "0"}, "recipe of this buildpack: 0 -> 3"),
    ],
)
def test_every_input_is_a_reason_to_make_it_anew(change: dict[str, Any], reason: str) -> None:
    before = replace(KEY, **change)

    assert KEY.reasons_against(before.to_metadata()) == (reason,)


def test_every_input_has_a_name_for_people() -> None:
    outcomes = ["size", "constraints"]  # kept, never compared
    assert [field.name for field in fields(PythonKey) if "label" not in field.metadata] == outcomes


@pytest.mark.parametrize(
    ("name", "is_whole_build"), [("README", False), ("install/bin/python3.14", True), ("install", False)]
)
def test_an_archive_without_python_leaves_nothing(
    catalogue: RuntimesCatalogue, tmp_path: Path, name: str, *, is_whole_build: bool
) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo(f"python/{name}"), io.BytesIO())
    content.seek(0)
    runtime = next(r for r in catalogue.runtimes if r.version == "3.14.2")

    with pytest.raises(DownloadError, match=r"holds no Python 3\.14") as caught:
        install(content, tmp_path / "cpython", runtime, ())

    assert ("install_only" in caught.value.detail) is is_whole_build
    assert list(tmp_path.iterdir()) == []


def test_no_field_is_a_number() -> None:
    """The lifecycle keeps metadata as JSON and gives numbers back as floats: 1 would never equal 1.0."""
    assert {type(value) for value in KEY.to_metadata().values()} <= {str, bool, list}
