from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from buildpack_release.bytecode.interpreters import HostInterpreter
from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.dist.embedded import Embedded
from buildpack_release.dist.manifest import DistManifest
from buildpack_release.embedded.embedded_files import EmbeddedFiles
from buildpack_release.errors import ReleaseError, UsageError
from buildpack_release.model.repository import Repository
from buildpack_release.model.targets import DeclaredTarget
from buildpack_release.packaging.jobs import plan_jobs
from buildpack_release.packaging.package import PackageOutcome, package
from buildpack_release.packaging.package_report import artefacts, next_command, table
from support.sample_repository import component, composite, library, plan, write

ROOT = Path(__file__).resolve().parents[4]
AMD, ARM = DeclaredTarget("linux", "amd64"), DeclaredTarget("linux", "arm64")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two components for two targets, and a composite of them."""
    root = tmp_path / "repository"
    library(root)
    for name in ("acme/one", "acme/two"):
        path = component(root, name, plans={"x": (None, plan(provides=(name,)))}) / "buildpack.toml"
        path.write_text(f'{path.read_text()}\n[[targets]]\nos = "linux"\narch = "arm64"\n')
    composite(root, "acme/all", ["acme/one", "acme/two"])
    return root


def run(root: Path, *ids: str, said: list[str] | None = None, **options: object) -> list[PackageOutcome]:
    """Package with the tools of no particular machine."""
    report = said.append if said is not None else lambda _line: None
    toolchain = Toolchain((), (), root / "cache")
    return list(
        package(
            Repository.discover(root),
            ids,
            dist=root / "dist",
            build=root / "build",
            toolchain=toolchain,
            report=report,
            **options,  # type: ignore[arg-type]
        )
    )


def new(outcomes: list[PackageOutcome]) -> list[str]:
    """What was packaged, as opposed to found up to date."""
    return [outcome.package.id for outcome in outcomes if outcome.is_new]


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_in_dist(root: Path) -> None:
    """A file for each target, a layout for all, documents, the manifest, the sums; components first."""
    assert new(run(root)) == ["acme/one", "acme/two", "acme/all"]
    assert sorted(path.name for path in (root / "dist").iterdir() if not path.name.startswith(".")) == [
        "SHA256SUMS",
        "acme_all-1.0.0-linux-amd64.cnb", "acme_all-1.0.0-linux-arm64.cnb",
        "acme_all-1.0.0.cdx.json", "acme_all-1.0.0.oci", "acme_all-1.0.0.provenance.json",
        "acme_one-1.0.0-linux-amd64.cnb", "acme_one-1.0.0-linux-arm64.cnb",
        "acme_one-1.0.0.cdx.json", "acme_one-1.0.0.oci", "acme_one-1.0.0.provenance.json",
        "acme_two-1.0.0-linux-amd64.cnb", "acme_two-1.0.0-linux-arm64.cnb",
        "acme_two-1.0.0.cdx.json", "acme_two-1.0.0.oci", "acme_two-1.0.0.provenance.json",
        "manifest.json",
    ]  # fmt: skip


def test_a_composite_contains_its_components(root: Path) -> None:
    """Their very layers, in one order for all times, and its own last."""
    one, two, both = (outcome.package for outcome in run(root))
    for image in both.images:
        assert [layer.buildpack for layer in image.layers] == [
            "acme/one@1.0.0",
            "acme/two@1.0.0",
            "acme/all@1.0.0",
        ]
        assert image.layers[:2] == one.images[0].layers + two.images[0].layers


def test_the_second_run_finds_everything_up_to_date(root: Path) -> None:
    """It writes nothing and says so."""
    run(root)
    before = {path: path.stat().st_mtime_ns for path in (root / "dist").rglob("*") if path.is_file()}
    shutil.rmtree(root / "build")
    said: list[str] = []
    assert new(run(root, said=said)) == []
    assert sum("up to date" in line for line in said) == 3
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not (root / "build").exists()


@pytest.mark.parametrize(
    ("changed", "made"),
    [
        ("buildpacks/one/src/sample/build.py", ["acme/one", "acme/all"]),
        ("buildpacks/all/README.md", ["acme/all"]),
        ("packages/buildpack-api/src/buildpack_api/__init__.py", ["acme/one", "acme/two", "acme/all"]),
        ("LICENSE", ["acme/one", "acme/two", "acme/all"]),
        ("tests/test_x.py", []),
    ],
)
def test_only_what_a_change_concerns_is_packaged_again(root: Path, changed: str, made: list[str]) -> None:
    """With the composite around it."""
    run(root)
    write(root / changed, "# changed\n")
    assert new(run(root)) == made
    assert new(run(root)) == []


def test_another_compiler_is_a_change(root: Path, tmp_path: Path) -> None:
    """Bytecode is a part of the package; composites have none of their own."""
    one, _, both = plan_jobs(Repository.discover(root), [])
    toolchain = Toolchain((HostInterpreter(tmp_path, "3.12", 1),), (), tmp_path)
    assert (one.bytecode(toolchain), both.bytecode(toolchain)) == ({"3.12": "3.12.1"}, {})


def test_an_interpreter_compiles_for_the_package_that_carries_it(tmp_path: Path) -> None:
    """For its minor version, unless another one does; which one cannot be said if targets have several."""
    (job, *_) = plan_jobs(Repository.discover(ROOT), ["strata/python-runtime"])
    ordinary = Toolchain((HostInterpreter(tmp_path, "3.12", 1),), (), tmp_path)
    for versions, carried in (
        ({AMD: "3.14.6", ARM: "3.14.6"}, {"3.14": "3.14.6"}),
        ({AMD: "3.14.6", ARM: "3.14.7"}, {}),
        ({AMD: "3.12.9"}, {}),
    ):
        files = EmbeddedFiles(versions=versions)
        loaded = replace(job, embedded=Embedded({AMD: "sha256:a"}), files=files)
        assert loaded.bytecode(ordinary) == {"3.12": "3.12.1"} | carried
        other = files.only(interpreter=False, runtimes=True)
        assert replace(job, files=other).bytecode(ordinary) == {"3.12": "3.12.1"}


def test_going_back_gives_the_same_bits(root: Path) -> None:
    """Packages follow from the inputs alone."""
    run(root)
    before = digests(root / "dist")
    code = root / "buildpacks/one/src/sample/build.py"
    code.write_text("# changed\n")
    run(root)
    assert digests(root / "dist") != before
    code.write_text("")
    run(root)
    assert digests(root / "dist") == before


@pytest.mark.parametrize("damage", ["edit", "delete", "cut"])
def test_a_damaged_file_is_noticed_and_made_again(root: Path, damage: str) -> None:
    """Any file of dist/, in any way; that package and those with it are made again, with the same bits."""
    run(root)
    before = digests(root / "dist")
    everything = ["acme/one", "acme/two", "acme/all"]
    for name in sorted(set(before) - {".lock"}):
        path = root / "dist" / name
        data = path.read_bytes()
        path.unlink()
        if damage == "edit":
            path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        elif damage == "cut":
            path.write_bytes(data[: len(data) // 2])
        damaged = {f"acme/{name.partition('-')[0].removeprefix('acme_')}", "acme/all"}
        if name == "SHA256SUMS":
            damaged = set()  # written again by itself
        expected = everything if name == "manifest.json" else [one for one in everything if one in damaged]
        assert new(run(root)) == expected, name
        assert digests(root / "dist") == before, name


def test_a_new_version_takes_the_place_of_the_old(root: Path) -> None:
    """Of what we wrote and recorded; what others put into dist/ stays."""
    run(root)
    write(root / "dist/acme_one-0.9.0-linux-amd64.cnb", "somebody's")
    descriptor = root / "buildpacks/one/buildpack.toml"
    descriptor.write_text(descriptor.read_text().replace("1.0.0", "1.1.0"))
    composite(root, "acme/all", ["acme/two", "acme/one@1.1.0"])
    assert new(run(root)) == ["acme/one", "acme/all"]
    assert sorted(path.name for path in (root / "dist").glob("acme_one*")) == [
        "acme_one-0.9.0-linux-amd64.cnb", "acme_one-1.1.0-linux-amd64.cnb",
        "acme_one-1.1.0-linux-arm64.cnb", "acme_one-1.1.0.cdx.json", "acme_one-1.1.0.oci",
        "acme_one-1.1.0.provenance.json",
    ]  # fmt: skip


def test_a_buildpack_that_is_gone_is_gone_from_dist(root: Path) -> None:
    """After a run over all; a run for others leaves it."""
    run(root)
    shutil.rmtree(root / "buildpacks/all")
    run(root, "acme/one")
    assert list((root / "dist").glob("acme_all*"))
    run(root)
    assert not list((root / "dist").glob("acme_all*"))
    assert [one.id for one in DistManifest.read(root / "dist")] == ["acme/one", "acme/two"]


def test_some_buildpacks(root: Path) -> None:
    """What is asked for is named in the end; a composite brings its components along."""
    outcomes = run(root, "acme/one")
    assert [(outcome.package.id, outcome.requested) for outcome in outcomes] == [("acme/one", True)]
    outcomes = run(root, "acme/all")
    assert [(outcome.package.id, outcome.is_new, outcome.requested) for outcome in outcomes] == [
        ("acme/one", False, False),
        ("acme/two", True, False),
        ("acme/all", True, True),
    ]
    assert [path.name for path in artefacts(outcomes, root / "dist")] == [
        "acme_all-1.0.0-linux-amd64.cnb",
        "acme_all-1.0.0-linux-arm64.cnb",
        "acme_all-1.0.0.oci",
    ]
    with pytest.raises(UsageError, match="acme/none"):
        run(root, "acme/none")


def test_some_targets(root: Path) -> None:
    """Files for other targets do not stay behind under the same version."""
    run(root)
    outcomes = run(root, targets=[ARM])
    assert {image.target for outcome in outcomes for image in outcome.package.images} == {"linux/arm64"}
    assert not list((root / "dist").glob("*amd64*"))
    with pytest.raises(UsageError, match="acme/one is not for linux/s390x"):
        run(root, targets=[DeclaredTarget("linux", "s390x")])


def test_a_failure_changes_nothing_in_dist(root: Path) -> None:
    """The old packages stay, listed and whole."""
    run(root)
    before = digests(root / "dist")
    (root / "buildpacks/one/data").mkdir()
    (root / "buildpacks/one/data/name..txt").touch()
    with pytest.raises(ReleaseError):
        run(root)
    assert digests(root / "dist") == before


def test_a_failure_in_the_middle_keeps_what_was_finished(root: Path) -> None:
    """The next run goes on from there."""
    wheel = b"not a wheel"
    digest = hashlib.sha256(wheel).hexdigest()
    place = root / "cache/wheels" / digest / "x-1-py3-none-any.whl"
    place.parent.mkdir(parents=True)
    place.write_bytes(wheel)
    write(root / "buildpacks/two/vendor.lock", f"x==1 --hash=sha256:{digest}\n")
    with pytest.raises(ReleaseError, match="not a wheel that can be unpacked"):
        run(root)
    assert [one.id for one in DistManifest.read(root / "dist")] == ["acme/one"]
    write(root / "buildpacks/two/vendor.lock")
    assert new(run(root)) == ["acme/two", "acme/all"]


@pytest.mark.usefixtures("file_modes_count")
def test_a_read_only_dist_is_one_clear_error(root: Path) -> None:
    """Naming it."""
    (root / "dist").mkdir(mode=0o555)
    with pytest.raises(ReleaseError, match="permission denied"):
        run(root)


def test_the_manifest_tells_what_is_in_dist(root: Path) -> None:
    """Its digests and sizes are those of the files."""
    run(root)
    for one in json.loads((root / "dist/manifest.json").read_text())["buildpacks"]:
        for image in one["images"]:
            data = (root / "dist" / image["file"]["path"]).read_bytes()
            assert image["file"]["digest"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
            assert image["file"]["size"] == len(data)
            manifest = root / "dist" / one["layout"]["path"] / "blobs" / image["digest"].replace(":", "/")
            assert manifest.exists()


def test_the_end_of_a_run(root: Path) -> None:
    """A table for people, with one file a line, and a command to go on with."""
    outcomes = run(root)
    lines = table(outcomes).splitlines()
    assert lines[0].split() == ["BUILDPACK", "TARGET", "LAYERS", "SIZE", "DIGEST", "STATE"]
    assert [line.split()[:3] for line in lines[1:]] == [
        [f"acme/{name}@1.0.0", f"linux/{arch}", layers]
        for name, layers in (("one", "1"), ("two", "1"), ("all", "3"))
        for arch in ("amd64", "arm64")
    ]
    assert all(line.endswith("packaged") for line in lines[1:])
    assert next_command(outcomes, Path("dist")).endswith("--buildpack dist/acme_all-1.0.0-linux-amd64.cnb")
