"""What is kept of Poetry's cache, and that nothing which has changed is used again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.evidence.resolution import InstallationResolution, ResolvedDistribution
from app_venv.installers.poetry.cache import _keep, _make_intact
from buildpack_common.files import file_sha256

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """One wheel that is installed, one that is built of a source, one that a build needed, pages, a clone."""
    for name in (
        "artifacts/aa/1/left-1-py3-none-any.whl",
        "artifacts/bb/2/source-1.tar.gz",
        "artifacts/bb/2/source-1-py3-none-any.whl",
        "artifacts/cc/3/needed-1-py3-none-any.whl",
        "artifacts/dd/4/cloned-1-py3-none-any.whl",
        "artifacts/dd/4/.created_from_git_dependency",
        "cache/repositories/main/_http/a/b",
        "virtualenvs/envs.toml",
    ):
        path = tmp_path / "cache" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "cache"


def resolution(cache: Path) -> InstallationResolution:
    left, source = (
        f"sha256:{file_sha256(cache / name)}"
        for name in ("artifacts/aa/1/left-1-py3-none-any.whl", "artifacts/bb/2/source-1.tar.gz")
    )
    return InstallationResolution(
        (
            ResolvedDistribution("cloned", "1", "unprovable"),
            ResolvedDistribution("left", "1", left, published=True),
            ResolvedDistribution("source", "1", source, built=True),
        )
    )


def there(cache: Path) -> set[str]:
    return {path.name for path in cache.rglob("*") if path.is_file()}


def test_only_what_is_installed_stays(cache: Path) -> None:
    """A wheel that was built with its source, which Poetry compares with the lock; no empty folder either."""
    _keep(cache, resolution(cache), published=True)
    built = {"kept", "source-1.tar.gz", "source-1-py3-none-any.whl"}
    assert there(cache) == {"left-1-py3-none-any.whl", *built}
    assert {path.name for path in cache.iterdir()} == {"artifacts", "kept"}
    _keep(cache, resolution_of_source(cache), published=False)
    assert there(cache) == built


def resolution_of_source(cache: Path) -> InstallationResolution:
    origin = f"sha256:{file_sha256(cache / 'artifacts/bb/2/source-1.tar.gz')}"
    return InstallationResolution((ResolvedDistribution("source", "1", origin, built=True),))


def test_what_is_no_longer_as_it_was_kept_is_not_used(cache: Path) -> None:
    _keep(cache, resolution(cache), published=True)
    before = there(cache) - {"kept"}
    _make_intact(cache)
    assert there(cache) == before, "the list is written again when something is kept"
    _keep(cache, resolution(cache), published=True)
    (cache / "artifacts/aa/1/left-1-py3-none-any.whl").write_text("changed")
    (cache / "artifacts/bb/2/other-1-py3-none-any.whl").write_text("has come since")
    (cache / "artifacts/link").symlink_to(cache / "kept")
    _make_intact(cache)
    assert there(cache) == before - {"left-1-py3-none-any.whl"}


def test_a_cache_without_its_list_is_empty(cache: Path) -> None:
    _make_intact(cache)
    assert list(cache.iterdir()) == []
