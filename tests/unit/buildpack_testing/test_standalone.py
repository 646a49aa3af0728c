"""Real trees are put together from parts: nothing of them may be changed, nor taken from somebody else."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.errors import ReleaseError, UsageError
from buildpack_testing.standalone.archives import make_standalone
from buildpack_testing.standalone.completion import build_variables, config_of_build, upstream_ensurepip
from buildpack_testing.standalone.releases import RELEASES, module_hash
from buildpack_testing.standalone.tree import lay_out_python

if TYPE_CHECKING:
    from pathlib import Path

NEWEST = RELEASES[-1]
DIRECTORY, LINK = 1 << 31, 1 << 27
UPSTREAM = """import sys

# Some distributions keep wheels in /usr/share/python-wheels/.
_PIP_VERSION = "1.0"


def _bootstrap():
    print("bootstrapping")
"""
DEBIAN = UPSTREAM.replace(
    "def _bootstrap():\n",
    'def _ensurepip_is_disabled_in_debian_for_system():\n    print("""\nfor Debian/Ubuntu\n""")\n'
    "    sys.exit(1)\n\n\ndef _bootstrap():\n    _ensurepip_is_disabled_in_debian_for_system()\n",
)


def _module(file: Path, rows: list[dict[str, Any]], contents: dict[str, bytes]) -> Path:
    place = f"{NEWEST.prefix}python/internal/data/linux-amd64/"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{place}files.json", json.dumps({"files": rows}))
        for name, content in contents.items():
            archive.writestr(place + name, content)
    return file


def test_a_tree_has_the_modes_links_and_contents_of_the_module(tmp_path: Path) -> None:
    """The umask of whoever makes it does not show."""
    rows = [
        {"name": "bin", "size": 0, "perm": DIRECTORY | 0o755},
        {"name": "bin/python3", "size": 10, "perm": LINK, "symlink": "python3.14"},
        {"name": "bin/python3.14", "size": 7, "perm": 0o775, "compressed": True},
        {"name": "notes", "size": 5, "perm": 0o664},
    ]
    contents = {"bin/python3.14.gz": gzip.compress(b"program"), "notes": b"notes"}
    tree = tmp_path / "tree"
    lay_out_python(_module(tmp_path / "m.zip", rows, contents), NEWEST, "amd64", tree)
    assert (tree / "bin" / "python3").readlink().name == "python3.14"
    assert (tree / "bin" / "python3").read_bytes() == b"program"
    assert (tree / "bin" / "python3.14").stat().st_mode & 0o777 == 0o775
    assert (tree / "notes").stat().st_mode & 0o777 == 0o664


@pytest.mark.parametrize(
    "row",
    [
        {"name": "../outside", "size": 5, "perm": 0o664},
        {"name": "notes", "size": 6, "perm": 0o664},
        {"name": "absent", "size": 5, "perm": 0o664},
        {"name": "notes", "size": 5, "perm": 0o664, "compressed": True},
    ],
    ids=["outside", "size", "absent", "not compressed"],
)
def test_a_module_with_other_data_is_one_clear_error(row: dict[str, Any], tmp_path: Path) -> None:
    module = _module(tmp_path / "m.zip", [row], {"notes": b"notes", "notes.gz": b"no gzip"})
    with pytest.raises(ReleaseError, match="data are not as expected"):
        lay_out_python(module, NEWEST, "amd64", tmp_path / "tree")
    assert not (tmp_path / "outside").exists()


def test_the_hash_is_that_of_go_sum(tmp_path: Path) -> None:
    """Computed as golang.org/x/mod/sumdb/dirhash says: over names and contents, in the order of the names."""
    file = tmp_path / "m.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("m@v1/b", b"two")
        archive.writestr("m@v1/a", b"one")
    lines = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in (("m@v1/a", b"one"), ("m@v1/b", b"two"))
    )
    wanted = base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
    assert module_hash(file) == f"h1:{wanted}"


def test_ensurepip_is_upstreams_again() -> None:
    """Debian's refuses to run outside of virtual environments, and installs wheels that are not bundled."""
    pinned = UPSTREAM.replace("1.0", NEWEST.wheels[0].version)
    assert upstream_ensurepip(UPSTREAM, NEWEST) == pinned
    changed = upstream_ensurepip(DEBIAN, NEWEST)
    assert "disabled" not in changed
    said: list[str] = []
    names: dict[str, Any] = {"print": said.append}
    exec(changed, names)  # noqa: S102 (the source above)
    names["_bootstrap"]()
    assert said == ["bootstrapping"]
    assert names["_PIP_VERSION"] == NEWEST.wheels[0].version


@pytest.mark.parametrize(
    "source",
    [UPSTREAM.replace("_PIP_VERSION", "_OTHER"), UPSTREAM + 'WHEELS = "/usr/share/python-wheels"\n'],
    ids=["no version", "another place"],
)
def test_ensurepip_changed_in_another_way_is_refused(source: str) -> None:
    with pytest.raises(ReleaseError, match="ensurepip"):
        upstream_ensurepip(source, NEWEST)


def test_pyconfig_has_the_values_of_the_tree() -> None:
    """Headers of another build would promise functions of another C library."""
    header = (
        "#define HAVE_GETRANDOM 1\n/* #undef HAVE_STROPTS_H */\n#define SIZEOF_LONG 8\n"
        "#define _POSIX_C_SOURCE 200809L\n/* #undef HAVE_UNHEARD_OF */\n#define HAVE_UNHEARD_OF_TOO 1\n"
        "#ifndef __cplusplus\n"
    )
    source = "build_time_vars = {'HAVE_GETRANDOM': 0, 'HAVE_STROPTS_H': 1, 'SIZEOF_LONG': 4}\n"
    assert config_of_build(header, build_variables(source)) == (
        "/* #undef HAVE_GETRANDOM */\n#define HAVE_STROPTS_H 1\n#define SIZEOF_LONG 4\n"
        "#define _POSIX_C_SOURCE 200809L\n/* #undef HAVE_UNHEARD_OF */\n/* #undef HAVE_UNHEARD_OF_TOO */\n"
        "#ifndef __cplusplus\n"
    )
    with pytest.raises(ReleaseError, match="build_time_vars"):
        build_variables("other = {}\n")


def test_what_there_is_no_tree_of_is_a_wrong_argument(tmp_path: Path) -> None:
    """Said before anything is downloaded."""
    with pytest.raises(UsageError, match=r"no real tree of Python 3\.9"):
        make_standalone(tmp_path, minors=frozenset({"3.9"}))
    with pytest.raises(UsageError, match="no real trees for s390x"):
        make_standalone(tmp_path, arch="s390x")
    assert list(tmp_path.iterdir()) == []
