"""The generated repositories are sound: what is measured is packaging, not an error."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from benchmarks.repositories import generate, write_incompressible
from buildpack_release.checking.repository_check import check
from buildpack_release.model.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path


def test_a_generated_repository_passes_the_check(tmp_path: Path) -> None:
    """Its components and the composite of all are found, and their plans fit."""
    root = generate(tmp_path / "a repository", 3)
    repository = Repository.survey(root)
    report = check(repository)
    assert report.ok, report.lines()
    assert len(Repository.discover(root).buildpacks) == 4


def test_a_large_file_stays_large(tmp_path: Path) -> None:
    """What gzip makes small would measure nothing."""
    file = tmp_path / "data" / "large"
    write_incompressible(file, 3 << 20)
    data = file.read_bytes()
    assert len(data) == 3 << 20
    assert len(gzip.compress(data, 6)) > 0.99 * len(data)
