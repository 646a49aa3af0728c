"""What is fed, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fuzz.targets.app_images import AppImages
from fuzz.targets.app_inputs import (
    LockFiles,
    ManagerLocks,
    PoetryLocks,
    ProjectFiles,
    PythonVersions,
    RequirementFiles,
    UvLocks,
)
from fuzz.targets.app_start import AppCode, Procfiles
from fuzz.targets.archives import ImageLayouts, RuntimeArchives
from fuzz.targets.detection import Detection
from fuzz.targets.pip_cache import PipCacheEntries
from fuzz.targets.platform_files import PlatformFiles
from fuzz.targets.registry_answers import RegistryAnswers
from fuzz.targets.release_files import Changelogs, RuntimeCatalogues
from fuzz.targets.restored_environments import RestoredEnvironments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fuzz.targets.common import Target

TARGETS: Mapping[str, Callable[[], Target]] = {
    "runtime-archives": RuntimeArchives,
    "image-layouts": ImageLayouts,
    "app-images": AppImages,
    "registry-answers": RegistryAnswers,
    "requirement-files": RequirementFiles,
    "lock-files": LockFiles,
    "manager-locks": ManagerLocks,
    "uv-locks": UvLocks,
    "poetry-locks": PoetryLocks,
    "project-files": ProjectFiles,
    "procfiles": Procfiles,
    "app-code": AppCode,
    "python-versions": PythonVersions,
    "pip-cache-entries": PipCacheEntries,
    "restored-environments": RestoredEnvironments,
    "platform-files": PlatformFiles,
    "changelogs": Changelogs,
    "runtime-catalogues": RuntimeCatalogues,
    "detection": Detection,
}
