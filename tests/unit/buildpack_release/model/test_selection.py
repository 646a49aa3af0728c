from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.model.repository import Repository
from buildpack_release.model.selection import components, package_targets, select
from buildpack_release.model.targets import DeclaredTarget
from support.sample_repository import TARGETS, component, composite, plan

if TYPE_CHECKING:
    from pathlib import Path

AMD, ARM = DeclaredTarget("linux", "amd64"), DeclaredTarget("linux", "arm64")
BOTH = '\n[[targets]]\nos = "linux"\narch = "amd64"\n\n[[targets]]\nos = "linux"\narch = "arm64"\n'


def add(root: Path, buildpack_id: str, targets: str = TARGETS) -> None:
    path = component(root, buildpack_id, plans={"x": (None, plan(provides=("a",)))}) / "buildpack.toml"
    path.write_text(path.read_text().replace(TARGETS, targets))


def ids(repository: Repository, *wanted: str) -> list[str]:
    return [one.id for one in select(repository, wanted)]


def targets(root: Path, buildpack_id: str, *requested: DeclaredTarget) -> tuple[DeclaredTarget, ...]:
    repository = Repository.discover(root)
    return package_targets(repository, repository.get(buildpack_id), requested)


def test_components_come_before_composites(tmp_path: Path) -> None:
    """Whatever their names are; a nested composite comes before the outer one."""
    for name in ("z/one", "z/two", "z/alone"):
        add(tmp_path, name)
    composite(tmp_path, "a/outer", ["m/inner", "z/one"])
    composite(tmp_path, "m/inner", ["z/two"])
    repository = Repository.discover(tmp_path)
    assert ids(repository) == ["z/two", "m/inner", "z/one", "a/outer", "z/alone"]
    assert ids(repository, "a/outer") == ["z/two", "m/inner", "z/one", "a/outer"]
    assert ids(repository, "z/two") == ["z/two"]
    assert [one.id for one in components(repository, repository.get("a/outer"))] == [
        "z/two",
        "m/inner",
        "z/one",
    ]


def test_an_unknown_id_is_a_usage_error(tmp_path: Path) -> None:
    """With the nearest one."""
    add(tmp_path, "acme/one")
    with pytest.raises(UsageError, match="acme/on"):
        ids(Repository.discover(tmp_path), "acme/on")


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("acme/none@1.0.0", "acme/none is not in this repository"),
        ("acme/one@2.0.0", r"wants acme/one@2\.0\.0, but this repository has acme/one@1\.0\.0"),
    ],
)
def test_an_order_must_fit_the_repository(tmp_path: Path, member: str, message: str) -> None:
    """The fault has file and line, and stops the packaging of anything."""
    add(tmp_path, "acme/one")
    composite(tmp_path, "acme/all", [member])
    with pytest.raises(CheckFailed, match=message) as caught:
        ids(Repository.discover(tmp_path))
    assert caught.value.file == tmp_path / "buildpacks/all/buildpack.toml"
    assert caught.value.line is not None


def test_a_cycle_is_shown(tmp_path: Path) -> None:
    """The tools of the field recurse without end."""
    composite(tmp_path, "a/a", ["a/b"])
    composite(tmp_path, "a/b", ["a/a"])
    with pytest.raises(CheckFailed, match="a/a -> a/b -> a/a"):
        ids(Repository.discover(tmp_path))


def test_a_component_is_packaged_for_what_it_declares(tmp_path: Path) -> None:
    """Distributions do not make more packages."""
    add(tmp_path, "acme/one", BOTH + '\n[[targets.distros]]\nname = "ubuntu"\nversion = "24.04"\n')
    assert targets(tmp_path, "acme/one") == (AMD, ARM)
    assert targets(tmp_path, "acme/one", ARM, ARM) == (ARM,)
    with pytest.raises(UsageError, match="acme/one is not for linux/s390x") as caught:
        targets(tmp_path, "acme/one", DeclaredTarget("linux", "s390x"))
    assert caught.value.detail == "It is for: linux/amd64, linux/arm64."


def test_a_composite_is_packaged_for_what_all_components_support(tmp_path: Path) -> None:
    """Also through a nested one; an open target supports everything."""
    add(tmp_path, "acme/both", BOTH)
    add(tmp_path, "acme/arm", '\n[[targets]]\nos = "linux"\narch = "arm64"\n')
    add(tmp_path, "acme/any", '\n[[targets]]\nos = "linux"\n')
    composite(tmp_path, "acme/inner", ["acme/arm", "acme/any"])
    composite(tmp_path, "acme/all", ["acme/inner", "acme/both"])
    assert targets(tmp_path, "acme/all") == (ARM,)
    with pytest.raises(UsageError, match="not for linux/amd64"):
        targets(tmp_path, "acme/all", AMD)


def test_components_without_a_common_target(tmp_path: Path) -> None:
    """Cannot be packaged together."""
    add(tmp_path, "acme/one")
    add(tmp_path, "acme/two", '\n[[targets]]\nos = "linux"\narch = "arm64"\n')
    composite(tmp_path, "acme/all", ["acme/one", "acme/two"])
    with pytest.raises(CheckFailed, match="no target in common"):
        targets(tmp_path, "acme/all")


def test_an_open_target_has_to_be_chosen(tmp_path: Path) -> None:
    """An image is for one processor; which, is not guessed."""
    add(tmp_path, "acme/one", '\n[[targets]]\nos = "linux"\n')
    with pytest.raises(UsageError, match="does not say which processors") as caught:
        targets(tmp_path, "acme/one")
    assert "--target" in caught.value.advice
    assert targets(tmp_path, "acme/one", DeclaredTarget("linux", "s390x")) == (
        DeclaredTarget("linux", "s390x"),
    )
