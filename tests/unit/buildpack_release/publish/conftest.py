"""A small repository with packages, made once; and a registry in memory."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from oci_registry.testing.memory import MemoryRegistry
from support.publishing import make_repository, pack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two components and a composite, packaged; not to be changed."""
    return pack(make_repository(tmp_path_factory.mktemp("packed") / "repository"))


@pytest.fixture
def root(packed: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(packed, tmp_path / "repository", symlinks=True)


@pytest.fixture
def registry() -> Iterator[MemoryRegistry]:
    """A registry in memory."""
    with MemoryRegistry() as registry:
        yield registry
