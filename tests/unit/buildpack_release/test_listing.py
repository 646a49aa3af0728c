from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from buildpack_release.listing import listing, listing_data
from buildpack_release.model.repository import Repository
from support.sample_repository import component, composite, plan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    component(tmp_path, "acme/a", plans={"x": (None, plan(provides=("a",)))}, version="1.10.0")
    composite(tmp_path, "acme/all", ["acme/a@1.10.0?"])
    return Repository.discover(tmp_path)


def test_table(repository: Repository) -> None:
    """One buildpack a line, aligned."""
    assert listing(repository) == (
        "ID        VERSION  KIND       API   TARGETS      DIRECTORY\n"
        "acme/a    1.10.0   component  0.10  linux/amd64  buildpacks/a\n"
        "acme/all  1.0.0    composite  0.10  -            buildpacks/all\n"
    )


def test_data_for_programs(repository: Repository) -> None:
    """JSON can carry it, with the order of composites."""
    data = json.loads(json.dumps(listing_data(repository)))
    assert [one["id"] for one in data] == ["acme/a", "acme/all"]
    assert data[0]["targets"] == ["linux/amd64"]
    assert data[1]["order"] == [[{"id": "acme/a", "version": "1.10.0", "optional": True}]]
    assert data[1]["directory"] == "buildpacks/all"
