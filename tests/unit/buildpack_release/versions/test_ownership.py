from __future__ import annotations

from pathlib import Path

import pytest

from buildpack_release.model.inputs import collect
from buildpack_release.model.repository import Repository
from buildpack_release.versions.ownership import is_change_of
from support.sample_repository import write, write_settings
from support.versioned_repository import versioned

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("buildpacks/a/src/sample/build.py", ["acme/a"]),
        ("buildpacks/a/vendor.lock", ["acme/a"]),
        ("buildpacks/a/detect/x/markers", ["acme/a"]),
        ("buildpacks/a/buildpack.toml", ["acme/a"]),
        ("buildpacks/a/wheels.lock", ["acme/a"]),
        ("buildpacks/a/data/deep/er.toml", ["acme/a"]),
        ("buildpacks/a/src/renamed/build.py", ["acme/a"]),
        ("buildpacks/a/docs/README.md", []),
        ("buildpacks/a/Makefile", []),
        ("buildpacks/a/.ruff.toml", []),
        ("buildpacks/a/pyproject.toml", []),
        ("buildpacks/a/bin/build", []),
        ("buildpacks/a/buildpack.toml.bump", []),
        ("buildpacks/a/src/.hgtags", []),
        ("buildpacks/a/data/#edited#", []),
        ("buildpacks/all/buildpack.toml", ["acme/all"]),
        ("buildpacks/a/README.md", []),
        ("buildpacks/a/CHANGELOG.md", []),
        ("buildpacks/a/tests/test_build.py", []),
        ("buildpacks/a/src/sample/build.py~", []),
        ("packages/buildpack-api/src/buildpack_api/main.py", ["acme/a", "acme/b"]),
        ("packages/buildpack-api/share/bin/build", ["acme/a", "acme/b"]),
        ("packages/buildpack-api/README.md", []),
        ("packages/buildpack-api/pyproject.toml", []),
        ("packages/buildpack-common/src/buildpack_common/files.py", []),
        ("packages/buildpack-release/src/buildpack_release/check.py", []),
        ("LICENSE", ["acme/a", "acme/all", "acme/b"]),
        ("tests/unit/test_x.py", []),
        ("buildpacks/abc/build.py", []),
    ],
)
def test_whose_change_it_is(tmp_path: Path, path: str, owners: list[str]) -> None:
    """Own files, what is vendored, and the licence; but nothing that is not packaged, or only read."""
    repository = versioned(tmp_path)
    found = [one.id for one in repository.buildpacks if is_change_of(repository, one, path)]
    assert found == owners


def test_a_licence_of_its_own(tmp_path: Path) -> None:
    """Then the one of the repository does not matter."""
    repository = versioned(tmp_path)
    (tmp_path / "buildpacks/a/LICENSE").touch()
    assert not is_change_of(repository, repository.get("acme/a"), "LICENSE")


def test_the_libraries_are_those_of_the_settings(tmp_path: Path) -> None:
    """Another one that is copied into components counts like the first."""
    versioned(tmp_path)
    write(tmp_path / "packages/buildpack-common/src/buildpack_common/__init__.py")
    write_settings(tmp_path)
    repository = Repository.discover(tmp_path)
    path = "packages/buildpack-common/src/buildpack_common/files.py"
    found = [one.id for one in repository.buildpacks if is_change_of(repository, one, path)]
    assert found == ["acme/a", "acme/b"]


def test_everything_that_is_packaged_is_owned() -> None:
    """Protects the real buildpacks from changes that nobody has to announce, and the other way round."""
    repository = Repository.discover(ROOT)
    for buildpack in repository.buildpacks:
        for file in collect(repository, buildpack).files:
            path = file.source.relative_to(ROOT).as_posix()
            exempt = file.name in {"README.md", "CHANGELOG.md"}
            assert is_change_of(repository, buildpack, path) is not exempt, path
        packaged = {file.source for file in collect(repository, buildpack).files}
        locks = {buildpack.directory / name for name in ("vendor.lock", "wheels.lock")}
        for source in buildpack.directory.rglob("*"):
            path = source.relative_to(ROOT).as_posix()
            if source.is_file() and is_change_of(repository, buildpack, path):
                assert source in packaged | locks, path
