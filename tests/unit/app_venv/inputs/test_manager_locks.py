"""Locks of PDM and Pipenv: each entry becomes the line that pip needs, and nothing else gets in."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from app_venv.inputs.pinning import PinnedInputs, Pinning
from app_venv.inputs.read import read_inputs
from buildpack_api import toml
from buildpack_api.errors import BuildpackError, ConfigurationError, PlatformError
from support.venv_inputs import wanted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

A, B = "a" * 64, "b" * 64
HASHED = {"hashes": [f"sha256:{A}"], "version": "==1.0"}
FILES = [{"file": "x.whl", "hash": f"sha256:{A}"}]
METADATA = {"groups": ["default", "web"], "strategy": ["inherit_metadata"], "lock_version": "4.5.1"}
MACHINE = os.uname().machine


def pipfile_lock(
    app: Path, default: object, *, meta: Mapping[str, object] | None = None, **more: object
) -> None:
    head = {"pipfile-spec": 6, "requires": {}, "sources": [], **(meta or {})}
    (app / "Pipfile.lock").write_text(json.dumps({"_meta": head, "default": default, **more}))


def pdm_lock(
    app: Path,
    *packages: Mapping[str, object],
    metadata: Mapping[str, object] | None = None,
    project: str = "",
) -> None:
    document = {"metadata": {**METADATA, **(metadata or {})}, "package": list(packages)}
    toml.write(app / "pdm.lock", document)
    if project:
        (app / "pyproject.toml").write_text(project)


def read(app: Path, variables: Mapping[str, str] | None = None, **options: str) -> PinnedInputs:
    return read_inputs(wanted(app, variables, **options))


@pytest.mark.parametrize(
    ("entry", "line", "pinning"),
    [
        (HASHED, f"x==1.0 --hash=sha256:{A}", Pinning.LOCKED),
        ({**HASHED, "extras": ["b", "a"]}, f"x[a,b]==1.0 --hash=sha256:{A}", Pinning.LOCKED),
        ({**HASHED, "markers": "python_version < '3'"}, "", None),
        ({**HASHED, "markers": "python_version > '3'"}, f"x==1.0 --hash=sha256:{A}", Pinning.LOCKED),
        ({**HASHED, "sys_platform": "== 'win32'"}, "", None),
        ({"version": "==1.0"}, "x==1.0", Pinning.OPEN),
        ({"version": "*"}, "x", Pinning.OPEN),
        (
            {"git": "https://host/x.git", "ref": "0a1b", "subdirectory": "s"},
            "x @ git+https://host/x.git@0a1b#subdirectory=s",
            Pinning.UNPROVABLE,
        ),
        (
            {"git": "git@host:org/x.git", "ref": "0a1b", "editable": True},
            "--editable git+ssh://git@host/org/x.git@0a1b#egg=x",
            Pinning.UNPROVABLE,
        ),
        (
            {"git": "file:///srv/x.git", "ref": "0a1b", "extras": ["b"]},
            "--editable git+file:///srv/x.git@0a1b#egg=x",
            Pinning.UNPROVABLE,
        ),
        (
            {"file": "https://host/x.whl", "hashes": [f"sha256:{A}"]},
            f"x @ https://host/x.whl --hash=sha256:{A}",
            Pinning.LOCKED,
        ),
        ({"file": "https://host/x.whl"}, "x @ https://host/x.whl", Pinning.UNPROVABLE),
        ({"path": "./my lib", "editable": True}, "--editable file://{}/my%20lib", Pinning.UNPROVABLE),
        ({"path": "my lib"}, "x @ file://{}/my%20lib", Pinning.UNPROVABLE),
    ],
)
def test_entries_of_pipenv(
    tmp_path: Path, entry: dict[str, object], line: str, pinning: Pinning | None
) -> None:
    (tmp_path / "my lib").mkdir()
    pipfile_lock(tmp_path, {"x": entry}, develop={"y": HASHED})
    inputs = read(tmp_path)
    assert inputs.listing.strip() == line.replace("{}", str(tmp_path))
    assert [one.pinning for one in inputs.requirements] == ([pinning] if pinning else [])
    assert inputs.empty is not bool(line)
    assert inputs.arguments == (("--no-deps",) if line else ())


@pytest.mark.parametrize(
    ("entry", "line", "pinning"),
    [
        ({"version": "1.0", "files": FILES}, f"x==1.0 --hash=sha256:{A}", Pinning.LOCKED),
        ({"version": "1.0", "files": FILES, "groups": ["web"]}, "", None),
        ({"version": "1.0", "files": FILES, "marker": "sys_platform == 'win32'"}, "", None),
        (
            {"version": "1.0", "git": "https://host/x", "ref": "main", "revision": "0a1b"},
            "x @ git+https://host/x@0a1b",
            Pinning.UNPROVABLE,
        ),
        (
            {"version": "1.0", "path": "./lib", "editable": True},
            "--editable file://{}/lib",
            Pinning.UNPROVABLE,
        ),
        (
            {"version": "1.0", "url": "file:///${PROJECT_ROOT}/x.whl", "files": FILES},
            f"x @ file://{{}}/x.whl --hash=sha256:{A}",
            Pinning.LOCKED,
        ),
    ],
)
def test_entries_of_pdm(tmp_path: Path, entry: dict[str, object], line: str, pinning: Pinning | None) -> None:
    pdm_lock(tmp_path, {"name": "x", "groups": ["default"], **entry})
    inputs = read(tmp_path)
    assert inputs.listing.strip() == line.replace("{}", str(tmp_path))
    assert [one.pinning for one in inputs.requirements] == ([pinning] if pinning else [])


def test_pdm_lists_a_package_again_with_its_extras_and_pip_gets_it_once(tmp_path: Path) -> None:
    pdm_lock(
        tmp_path,
        {"name": "x", "version": "1", "groups": ["default"], "files": FILES},
        {"name": "x", "version": "1", "extras": ["e"], "groups": ["default"], "files": FILES},
    )
    assert read(tmp_path).listing == f"x[e]==1 --hash=sha256:{A}\n"


def test_groups_are_chosen_by_the_variables_of_pip(tmp_path: Path) -> None:
    pdm_lock(tmp_path, {"name": "x", "version": "1", "groups": ["web"], "files": FILES})
    assert read(tmp_path).empty
    for name in ("BP_PIP_EXTRAS", "BP_PIP_GROUPS"):
        inputs = read(tmp_path, {name: "Web"})
        assert inputs.listing.startswith("x==1")
        assert inputs.title.startswith("pdm.lock with ")
    with pytest.raises(ConfigurationError, match="no dependency group docs") as failed:
        read(tmp_path, {"BP_PIP_GROUPS": "docs"})
    assert "pdm lock --update-reuse --group :all" in failed.value.advice
    (tmp_path / "pdm.lock").unlink()
    pipfile_lock(tmp_path, {}, develop={}, jobs={"y": HASHED})
    assert read(tmp_path, {"BP_PIP_GROUPS": "jobs"}).listing.startswith("y==1.0")
    pipfile_lock(tmp_path, {"x": HASHED}, develop={"y": HASHED})
    for name in ("dev-packages", "develop"):  # as Pipenv itself is told, and as its lock has it
        assert "y==1.0" in read(tmp_path, {"BP_PIP_GROUPS": f"packages {name}"}).listing


def test_what_has_no_hash_beside_what_has_one_needs_a_pip_that_lets_it_in(tmp_path: Path) -> None:
    pipfile_lock(tmp_path, {"x": HASHED, "y": {"version": "==2"}})
    assert read(tmp_path).arguments == ("--no-require-hashes", "--no-deps")
    with pytest.raises(PlatformError, match=r"pip 26\.1 cannot install Pipfile\.lock") as caught:
        read(tmp_path, pip="26.1")
    assert caught.value.detail == "Pipfile.lock (y==2) has no hash"
    with pytest.raises(ConfigurationError, match="BP_PIP_REQUIRE_HASHES") as refused:
        read(tmp_path, {"BP_PIP_REQUIRE_HASHES": "true"})
    assert "Pipfile.lock (y==2)" in refused.value.detail


def test_indexes_come_with_their_variables_and_the_users_own_takes_the_place_of_the_usual_one(
    tmp_path: Path,
) -> None:
    """Both managers call that one pypi. A password is filled in by pip, never written down."""
    sources = [
        {"name": "pypi", "url": "https://usual/simple", "verify_ssl": True},
        {"name": "own", "url": "https://$WHO:${SECRET}@own/simple", "verify_ssl": False},
    ]
    pipfile_lock(tmp_path, {"x": HASHED}, meta={"sources": sources})
    variables = {"WHO": "me", "SECRET": "a-long-secret"}
    own = "--extra-index-url https://${WHO}:${SECRET}@own/simple\n--trusted-host own\n"
    inputs = read(tmp_path, variables)
    assert inputs.listing.startswith(f"--index-url https://usual/simple\n{own}x==")
    assert "a-long-secret" in {one.value for one in inputs.secrets}
    assert "a-long-secret" not in repr(inputs)
    assert not inputs.unfilled
    assert inputs.digest == read(tmp_path, {**variables, "SECRET": "another-one"}).digest
    assert [one.name for one in read(tmp_path).unfilled] == ["WHO", "SECRET"]
    mirrored = wanted(tmp_path, variables)
    object.__setattr__(mirrored, "index_chosen", True)
    assert read_inputs(mirrored).listing.startswith(f"{own}x==")


def test_sources_of_pdm(tmp_path: Path) -> None:
    """They are in the project, and come beside the usual index unless one of them is it."""
    text = """
[[tool.pdm.source]]
name = "own"
url = "https://own/simple"
username = "me"
password = "${SECRET}"
[[tool.pdm.source]]
name = "pypi"
url = "https://mirror/simple"
[[tool.pdm.source]]
name = "files"
url = "https://files/"
type = "find_links"
[[tool.pdm.source]]
name = "here"
url = "file:///${PROJECT_ROOT}/wheels"
type = "find_links"
"""
    pdm_lock(tmp_path, {"name": "x", "version": "1", "groups": ["default"], "files": FILES}, project=text)
    assert read(tmp_path).listing.splitlines()[:4] == [
        "--extra-index-url https://me:${SECRET}@own/simple",
        "--index-url https://mirror/simple",
        "--find-links https://files/",
        f"--find-links file://{tmp_path}/wheels",
    ]


@pytest.mark.parametrize(
    ("settings", "installed"),
    [
        ("", True),
        ("[tool.pdm]\ndistribution = false\n", False),
        ("[tool.pdm]\npackage-type = 'application'\n", False),
        ("[tool.pdm]\npackage-type = 'library'\n", True),
    ],
)
def test_the_project_itself_is_a_link_unless_it_is_none(
    tmp_path: Path, settings: str, *, installed: bool
) -> None:
    pdm_lock(tmp_path, project=f'[project]\nname = "app"\n{settings}')
    inputs = read(tmp_path)
    assert inputs.listing == (f"--editable file://{tmp_path}\n" if installed else "")
    assert ("distribution = false leaves it out" in inputs.remark) is installed


def dumped(document: Mapping[str, object], **options: Any) -> str:  # noqa: ANN401  (of json.dumps)
    return hashlib.sha256(json.dumps(document, sort_keys=True, **options).encode()).hexdigest()


def test_a_pipfile_of_another_state_is_told_with_the_command(tmp_path: Path) -> None:
    """Whichever Pipenv has made the lock: newer ones take names as they are normalised."""
    text = '[[source]]\nname = "pypi"\nurl = "https://i/s"\nverify_ssl = true\n[packages]\nMy_x = "*"\n'
    (tmp_path / "Pipfile").write_text(text)
    sources = [{"name": "pypi", "url": "https://i/s", "verify_ssl": True}]
    for name in ("My_x", "my-x"):
        document = {
            "_meta": {"sources": sources, "requires": {}},
            "default": {name: "*"},
            "develop": {},
        }
        noted = dumped(document, separators=(",", ":"))
        pipfile_lock(tmp_path, {"x": HASHED}, meta={"hash": {"sha256": noted}, "sources": sources})
        assert not read(tmp_path).empty
    (tmp_path / "Pipfile").write_text(text + 'y = "*"\n')
    with pytest.raises(ConfigurationError, match=r"Pipfile\.lock is out of date") as caught:
        read(tmp_path)
    assert caught.value.advice.endswith("\n  pipenv lock")


def test_a_pipfile_without_sources_is_compared_by_names_if_the_lock_has_a_mirror(tmp_path: Path) -> None:
    (tmp_path / "Pipfile").write_text('[packages]\nX = "*"\n')
    pipfile_lock(tmp_path, {"x": HASHED}, meta={"hash": {"sha256": A}})
    assert not read(tmp_path).empty
    (tmp_path / "Pipfile").write_text('[packages]\nX = "*"\ny = "*"\n')
    with pytest.raises(ConfigurationError, match="out of date"):
        read(tmp_path)


def test_a_project_of_another_state_is_told_with_the_command(tmp_path: Path) -> None:
    text = '[project]\nrequires-python = ">=3.10"\ndependencies = ["x"]\n[dependency-groups]\nDev_a = ["y"]\n'
    document = {
        "sources": [], "dependencies": ["x"], "dev-dependencies": {"dev-a": ["y"]},
        "optional-dependencies": {}, "requires-python": ">=3.10", "resolution": {},
    }  # fmt: skip
    metadata = {"content_hash": f"sha256:{dumped(document)}"}
    pdm_lock(tmp_path, metadata=metadata, project=text)
    assert read(tmp_path).empty
    (tmp_path / "pyproject.toml").write_text(text.replace('["x"]', '["x", "z"]'))
    with pytest.raises(ConfigurationError, match=r"pdm\.lock is out of date") as caught:
        read(tmp_path)
    assert caught.value.advice.endswith("\n  pdm lock")


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"lock_version": "5.0"}, "lock_version is '5.0'"),
        ({"lock_version": "4.3"}, "lock_version is '4.3'"),
        ({"strategy": []}, "does not say for which groups"),
        ({"targets": [{"requires_python": ">=3.14"}]}, "is for other environments than this one"),
        ({"targets": [{"requires_python": "", "implementation": "pypy"}]}, "other environments"),
        (
            {"targets": [{"requires_python": "", "implementation": "cpython", "gil_disabled": True}]},
            "other environments",
        ),
        ({"targets": [{"requires_python": "!!"}]}, "is not a valid lock file"),
        ({"targets": "x"}, "is not a valid lock file"),
    ],
)
def test_what_of_a_lock_of_pdm_is_refused(tmp_path: Path, metadata: dict[str, object], said: str) -> None:
    pdm_lock(tmp_path, metadata=metadata)
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path)
    assert said in caught.value.title


@pytest.mark.parametrize(
    ("platform", "libraries"),
    [
        ("", ("gnu", "musl")),
        (f"manylinux_2_17_{MACHINE}", ("gnu",)),
        (f"manylinux_2_99_{MACHINE}", ("gnu",)),
        (f"musllinux_1_2_{MACHINE}", ("musl",)),
        ("linux", ("gnu",) if MACHINE == "x86_64" else ()),
        ("alpine", ("musl",) if MACHINE == "x86_64" else ()),
        ("manylinux_2_17_s390x", ()),
        (f"linux_{MACHINE}", ()),
        (f"manylinux2014_{MACHINE}", ()),
        ("windows_amd64", ()),
        ("macos_14_0_arm64", ()),
    ],
)
@pytest.mark.parametrize("library", ["gnu", "musl"])
def test_a_lock_of_pdm_counts_for_the_systems_that_pdm_takes_it_for(
    tmp_path: Path, platform: str, libraries: tuple[str, ...], library: str
) -> None:
    """Of another system it has other files, and perhaps none that fits: the error has the command."""
    target = {"requires_python": ">=3.10", "platform": platform, "implementation": "cpython"}
    pdm_lock(tmp_path, metadata={"targets": [target]})
    here = wanted(tmp_path, abi=f".cpython-313-{MACHINE}-linux-{library}.so")
    if library in libraries:
        assert read_inputs(here).empty
        return
    with pytest.raises(ConfigurationError, match="is for other environments than this one") as caught:
        read_inputs(here)
    assert platform in caught.value.detail
    needed = {"gnu": f"manylinux_2_28_{MACHINE}", "musl": f"musllinux_1_2_{MACHINE}"}[library]
    assert f"pdm lock --append --platform {needed} --python '==3.13.*'" in caught.value.advice


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ({"pipfile-spec": 7}, "pipfile-spec is 7"),
        ({"requires": {"python_version": "3.1"}}, "is for another Python: 3.1"),
        ({"requires": {"python_full_version": "3.13.0"}}, "is for another Python: 3.13.0"),
        ({"sources": [{"name": "x", "url": "https://h/ -r /etc/passwd"}]}, "is not a valid lock file"),
        ({"sources": {}}, "is not a valid lock file"),
    ],
)
def test_what_of_a_lock_of_pipenv_is_refused(tmp_path: Path, meta: dict[str, object], said: str) -> None:
    pipfile_lock(tmp_path, {"x": HASHED}, meta=meta)
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path)
    assert said in caught.value.title


@pytest.mark.parametrize(
    "entry",
    [
        "==1.0",
        {"version": 1},
        {"version": "==1\n--index-url https://evil"},
        {"version": ">=1"},
        {"version": "==1", "hashes": ["md5:00"]},
        {"version": "==1", "hashes": [f"sha256:{A} -r x"]},
        {"version": "==1", "extras": ["a]\n"]},
        {"version": "==1", "markers": "("},
        {"version": "==1", "markers": "(" * 100_000},
        {"git": "https://host/x\n-r y"},
        {"file": "https://host/x y"},
    ],
)
def test_nothing_becomes_another_line(tmp_path: Path, entry: object) -> None:
    pipfile_lock(tmp_path, {"x": entry})
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path)
    assert caught.value.title == "Pipfile.lock is not a valid lock file"
    assert caught.value.advice.endswith("\n  pipenv lock")


@pytest.mark.parametrize("name", ["Pipfile.lock", "pdm.lock"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"[" * 100_000, b"a = 1", b"{}"])
def test_what_is_no_lock_is_a_fault_and_no_traceback(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BuildpackError):
        read(tmp_path)


def test_a_lock_in_a_folder_comes_with_what_is_beside_it_and_alone(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    pipfile_lock(tmp_path / "deploy", {"x": {"path": "./lib"}})
    (tmp_path / "requirements.txt").touch()
    inputs = read(tmp_path, {"BP_PIP_REQUIREMENT": "deploy/Pipfile.lock"})
    assert inputs.listing == f"x @ file://{tmp_path}/deploy/lib\n"
    with pytest.raises(ConfigurationError, match="together with other files"):
        read(tmp_path, {"BP_PIP_REQUIREMENT": "deploy/Pipfile.lock requirements.txt"})


def test_the_listing_is_a_file_only_as_long_as_pip_runs(tmp_path: Path) -> None:
    pipfile_lock(tmp_path, {"x": HASHED})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    inputs = read(tmp_path)
    arguments = inputs.arguments_with(scratch)
    assert arguments == ("--no-deps", "--requirement", str(scratch / "Pipfile.lock.txt"))
    assert (scratch / "Pipfile.lock.txt").read_text() == inputs.listing
