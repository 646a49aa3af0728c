"""The documents beside packages, as packaging writes them."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.dist.manifest import DistManifest, DistPackage
from buildpack_release.errors import UsageError
from buildpack_release.model.repository import Repository
from buildpack_release.packaging.package import provenance_due
from support.publishing import make_repository, pack
from support.sample_repository import write_settings
from support.sbom_schemas import assert_valid_sbom
from support.versioned_repository import Git
from support.wheels import Project, make_wheel, sha256

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = ("STRATA_BUILDER_ID", "GITHUB_ACTIONS", "GITLAB_CI")


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """On nobody's build server."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path / "repository")
    (root / ".gitignore").write_text("dist/\nbuild/\ncache/\n")
    write_settings(root, 'repository-url = "https://forge.example/acme/x"\n')
    return root


def lock(root: Path, name: str, project: Project) -> Path:
    """Put a wheel into the cache and a lock file of acme/one."""
    wheel = make_wheel(project, root / "cache/new")
    place = root / "cache/wheels" / sha256(wheel)
    place.mkdir(parents=True)
    wheel = wheel.rename(place / wheel.name)
    (root / f"buildpacks/one/{name}").write_text(
        f"{project.name}=={project.version} --hash=sha256:{sha256(wheel)}\n"
    )
    return wheel


def packages(root: Path) -> dict[str, DistPackage]:
    return {one.id: one for one in DistManifest.read(root / "dist")}


def sbom(root: Path, buildpack_id: str) -> dict[str, Any]:
    return assert_valid_sbom(root / "dist" / packages(root)[buildpack_id].sbom.path)


def provenance(root: Path, buildpack_id: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        (root / "dist" / packages(root)[buildpack_id].provenance).read_text()
    )
    return content


def commits(root: Path, buildpack_id: str) -> list[dict[str, Any]]:
    definition = provenance(root, buildpack_id)["predicate"]["buildDefinition"]
    return [one for one in definition["resolvedDependencies"] if "gitCommit" in one.get("digest", {})]


def test_the_bill_of_materials_has_each_wheel_and_its_files(root: Path) -> None:
    unpacked = lock(root, "vendor.lock", Project("some-Library", "2.0", files={"data/ü.txt": "x"}))
    kept = lock(root, "wheels.lock", Project("tool", "3.1"))
    pack(root)
    found = sbom(root, "acme/one")
    about = found["metadata"]["component"]
    assert (about["name"], about["version"]) == ("acme/one", "1.0.0")
    assert about["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    address = "https://forge.example/acme/x"  # of the repository, and so of the homepage that nothing names
    assert about["externalReferences"] == [{"type": kind, "url": address} for kind in ("vcs", "website")]
    library, tool = found["components"]
    assert library["purl"] == "pkg:pypi/some-library@2.0"
    assert library["hashes"] == [{"alg": "SHA-256", "content": sha256(unpacked)}]
    folder = root / "build/acme_one"
    in_it = {one["name"]: one["hashes"][0]["content"] for one in library["components"]}
    assert set(in_it) >= {"lib/some_Library.py", "lib/data/ü.txt", "lib/some_Library-2.0.dist-info/METADATA"}
    assert in_it == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in in_it}
    assert [one["name"] for one in tool["components"]] == [f"wheels/{kept.name}"]
    assert tool["components"][0]["hashes"] == tool["hashes"]


def test_a_composite_refers_to_the_documents_of_its_parts(root: Path) -> None:
    """By their serial numbers, which follow from their content, and their digests."""
    pack(root)
    found = {one["name"]: one["externalReferences"][0] for one in sbom(root, "acme/all")["components"]}
    assert set(found) == {"acme/one", "acme/two"}
    for name, link in found.items():
        serial = sbom(root, name)["serialNumber"].removeprefix("urn:uuid:")
        assert link["type"] == "bom"
        assert link["url"] == f"urn:cdx:{serial}/1"
        assert f"sha256:{link['hashes'][0]['content']}" == packages(root)[name].sbom.digest


def test_a_changed_document_is_made_again(root: Path) -> None:
    """Whoever edits it, or deletes one, gets the right one back; others stay."""
    pack(root)
    dist, made = root / "dist", packages(root)["acme/two"]
    right = {name: (dist / name).read_bytes() for name in (made.sbom.path, made.provenance)}
    (dist / made.sbom.path).write_text("{}")
    (dist / made.provenance).unlink()
    pack(root)
    assert {name: (dist / name).read_bytes() for name in right} == right
    (dist / made.provenance).write_text("[]")
    pack(root)
    assert (dist / made.provenance).read_bytes() == right[made.provenance]


def test_provenance_names_what_was_made_and_of_what(root: Path) -> None:
    wheel = lock(root, "vendor.lock", Project("library", "2.0"))
    git = Git.init(root)
    pack(root)
    made = packages(root)["acme/one"]
    found = provenance(root, "acme/one")
    assert (found["_type"], found["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://slsa.dev/provenance/v1",
    )
    assert {one["name"]: one["digest"]["sha256"] for one in found["subject"]} == {
        "acme/one": made.digest[7:],
        made.images[0].file: hashlib.sha256((root / "dist" / made.images[0].file).read_bytes()).hexdigest(),
    }
    definition = found["predicate"]["buildDefinition"]
    assert definition["externalParameters"] == {
        "buildpack": "acme/one",
        "version": "1.0.0",
        "targets": ["linux/amd64"],
        "source": "https://forge.example/acme/x",
    }
    commit, library = definition["resolvedDependencies"]
    assert commit == {
        "name": "source",
        "uri": "git+https://forge.example/acme/x",
        "digest": {"gitCommit": git("rev-parse", "HEAD").strip()},
    }
    assert library == {
        "name": "library 2.0",
        "uri": "pkg:pypi/library@2.0",
        "digest": {"sha256": sha256(wheel)},
    }
    assert found["predicate"]["runDetails"] == {"builder": {"id": "urn:strata:builder:local"}}


def test_a_composites_provenance_names_its_parts(root: Path) -> None:
    pack(root)
    definition = provenance(root, "acme/all")["predicate"]["buildDefinition"]
    assert {one["name"]: one["digest"]["sha256"] for one in definition["resolvedDependencies"]} == {
        f"{name}@1.0.0": packages(root)[name].digest[7:] for name in ("acme/one", "acme/two")
    }


def test_uncommitted_sources_have_no_revision(root: Path) -> None:
    """None is claimed for them; once they are committed, it is, without packaging anything again."""
    pack(root)
    assert commits(root, "acme/one") == []
    git = Git.init(root)
    (root / "notes").write_text("x")
    pack(root)
    assert commits(root, "acme/one") == []
    internal = provenance(root, "acme/one")["predicate"]["buildDefinition"]["internalParameters"]
    assert "noRevision" in internal
    (root / "notes").unlink()
    cnb = root / "dist" / packages(root)["acme/one"].images[0].file
    before = cnb.stat()
    pack(root)
    assert (cnb.stat().st_mtime_ns, cnb.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert commits(root, "acme/one")[0]["digest"] == {"gitCommit": git("rev-parse", "HEAD").strip()}
    git.commit("Something else")
    pack(root)
    assert commits(root, "acme/one")[0]["digest"] == {"gitCommit": git("rev-parse", "HEAD~1").strip()}


def test_only_who_made_a_package_says_more_about_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds it up to date has not made it."""
    pack(root)
    before = (root / "dist" / packages(root)["acme/one"].provenance).read_bytes()
    Git.init(root)
    monkeypatch.setenv("STRATA_BUILDER_ID", "urn:somebody:else")
    assert provenance_due(Repository.discover(root), root / "dist") == ()
    pack(root)
    assert (root / "dist" / packages(root)["acme/one"].provenance).read_bytes() == before
    monkeypatch.delenv("STRATA_BUILDER_ID")
    assert len(provenance_due(Repository.discover(root), root / "dist")) == 3
    pack(root)
    assert provenance_due(Repository.discover(root), root / "dist") == ()


def test_a_packaged_file_that_git_does_not_have_hides_the_revision(root: Path) -> None:
    """Ignored by git, but packaged: the commit alone does not give this package."""
    (root / ".gitignore").write_text("dist/\nbuild/\ncache/\n*.dat\n")
    (root / "buildpacks/one/data").mkdir()
    (root / "buildpacks/one/data/big.dat").write_text("x")
    Git.init(root)
    pack(root)
    assert commits(root, "acme/one") == []
    assert commits(root, "acme/two") != []


def test_the_commit_does_not_show_in_the_package(root: Path, tmp_path: Path) -> None:
    """Equal inputs give equal bits in a clone, at another commit, and without git."""
    pack(root)
    other = tmp_path / "other"
    shutil.copytree(root, other)
    for name in ("dist", "build"):
        shutil.rmtree(other / name)
    Git.init(other)
    pack(other)
    assert (root / "dist/manifest.json").read_bytes() == (other / "dist/manifest.json").read_bytes()


def test_a_wrong_name_of_a_builder_is_said_before_anything_is_made(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATA_BUILDER_ID", "my machine")
    with pytest.raises(UsageError, match="STRATA_BUILDER_ID"):
        pack(root)
    assert not list((root / "dist").glob("*.cnb"))
