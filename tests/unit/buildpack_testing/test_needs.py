"""What a machine lacks is told by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_testing import needs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on PATH and nothing in the cache; the directory is on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("STRATA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("STRATA_LIFECYCLE_DIR", raising=False)
    monkeypatch.delenv("STRATA_PACK", raising=False)
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def test_everything_is_missing_by_name() -> None:
    """Each missing part has a line of its own that says how to get it."""
    lacking = needs.missing(("registry", "podman", "pack", "base images"))
    text = needs.describe(lacking)
    assert [line.partition(" (")[0] for line in text.splitlines()] == [
        "missing: registry",
        "missing: podman",
        "missing: pack",
        "missing: base images",
    ]
    assert "sudo apt-get install docker-registry" in text
    assert "scripts/install-cnb-tools" in text
    assert "sudo apt-get install mmdebstrap" in text


def test_go_stands_for_the_tools_it_builds(empty_machine: Path) -> None:
    """With a Go toolchain the tools are not missing: they are made when a test asks for them."""
    (empty_machine / "go").touch(mode=0o755)
    assert needs.missing(("lifecycle", "pack")) == ()


def test_either_container_runtime_will_do(empty_machine: Path) -> None:
    """Machines with podman have runc or crun."""
    (empty_machine / "crun").touch(mode=0o755)
    assert needs.missing(("container runtime",)) == ()


def test_unknown_need_is_a_mistake_in_the_test() -> None:
    """A typing error must not read as "nothing is missing"."""
    with pytest.raises(KeyError):
        needs.missing(("podmann",))


def test_root_itself_makes_namespaces_and_others_become_root_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mapped root of root's own would lose the right to mount what root mounts."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert needs.unshare("mount", "net") == ("unshare", "--mount", "--net")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert needs.unshare("mount") == ("unshare", "--map-root-user", "--mount")
