"""Base images to build and run apps on, made of Debian packages with mmdebstrap, without any other registry.

They are OCI layouts in the project's cache, one directory per recipe; the tag of an image is the beginning of
its digest. Delete the directory to get the newest packages.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import MissingToolError, ReleaseError
from buildpack_release.files.cache import cache_directory
from buildpack_release.model.targets import own_arch
from buildpack_testing.cnb import image_layout
from buildpack_testing.file_locks import exclusive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The user of all images, as the platform specification wants it: not root, with a passwd entry and a home.
USER_ID = 1000
GROUP_ID = 1000

_USUAL = ("ca-certificates", "libstdc++6", "usr-is-merged")
_COMPILER = ("gcc", "libc6-dev")
# What Debian calls processors otherwise than Go.
_DEBIAN_NAMES = {"386": "i386", "arm": "armhf", "ppc64le": "ppc64el"}
_TIME = 315532801  # 1980-01-01T00:00:01Z
# Nothing here is needed to build or run an app: it would only be packed, pushed and unpacked again and again.
_EXCLUDED = (
    "/usr/share/doc/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/man/*",
    "/usr/bin/*-lto-dump*",
    "/usr/lib/*/lib[atl]san.so*",
    "/usr/lib/gcc/*/lib[atl]san*",
)
_SET_UP = f"""
printf 'cnb:x:{USER_ID}:{GROUP_ID}::/home/cnb:/bin/sh\\n' >>"$1/etc/passwd"
printf 'cnb:x:{GROUP_ID}:\\n' >>"$1/etc/group"
mkdir "$1/home/cnb" && chown {USER_ID}:{GROUP_ID} "$1/home/cnb" && chmod 755 "$1/home/cnb"
rm -f "$1/etc/resolv.conf" "$1/etc/hostname" "$1/etc/machine-id"
"""


@dataclass(frozen=True)
class BaseImageRecipe:
    """What an image is made of. Change generation when the way of making changes the image.

    arch is a processor in Go's words, by default this machine's; for another one, its programs have to run
    here while the image is made (see `emulation`).
    """

    name: str
    packages: tuple[str, ...]
    suite: str = "bookworm"
    distro: tuple[str, str] = ("debian", "12")
    excluded: tuple[str, ...] = _EXCLUDED
    set_up: str = _SET_UP
    generation: int = 1
    arch: str = field(default_factory=own_arch)

    @property
    def key(self) -> str:
        """The recipe as twelve digits."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


BUILD = BaseImageRecipe("build", (*_USUAL, *_COMPILER, "python3"))
BUILD_WITHOUT_PYTHON = BaseImageRecipe("build-nopython", (*_USUAL, *_COMPILER))
RUN = BaseImageRecipe("run", _USUAL)
RECIPES: Mapping[str, BaseImageRecipe] = {
    recipe.name: recipe for recipe in (BUILD, BUILD_WITHOUT_PYTHON, RUN)
}


@dataclass(frozen=True)
class BaseImage:
    """An image in the cache: its layout, and the repository and tag it is pushed under."""

    name: str
    layout: Path
    digest: str

    @property
    def repository(self) -> str:
        """The name in a registry, without host and tag."""
        return f"base/{self.name}"

    @property
    def tag(self) -> str:
        """The beginning of the digest: another content is another tag."""
        return self.digest.removeprefix("sha256:")[:12]


def find(recipe: BaseImageRecipe, cache: Path | None = None) -> BaseImage | None:
    """Return the image if it is in the cache."""
    layout = _directory(recipe, cache)
    if not (layout / "index.json").is_file():
        return None
    return BaseImage(recipe.name, layout, image_layout.read(layout).digest)


def ensure(recipe: BaseImageRecipe, cache: Path | None = None) -> BaseImage:
    """Return the image, making it if it is not in the cache (a minute).

    Raises MissingToolError, ReleaseError.
    """
    found = find(recipe, cache)
    if found is not None:
        return found
    directory = _directory(recipe, cache)
    with exclusive(directory.parent / ".lock"):
        if find(recipe, cache) is None:  # nobody made it while we waited
            _make(recipe, directory)
    found = find(recipe, cache)
    if found is None:
        raise ReleaseError(f"{directory} vanished while it was being used", advice="Start again.")
    return found


def ensure_tar(recipe: BaseImageRecipe, cache: Path | None = None) -> Path:
    """Return the recipe's root file system as a tar file, making it if it is not in the cache (a minute).

    Raises MissingToolError, ReleaseError.
    """
    target = _directory(recipe, cache).with_suffix(".tar")
    with exclusive(target.parent / ".lock"):
        if not target.is_file():
            with _work_directory(target.parent) as work:
                _bootstrap(recipe, work / target.name)
                (work / target.name).rename(target)
    return target


def _directory(recipe: BaseImageRecipe, cache: Path | None) -> Path:
    return (cache or cache_directory()) / "base-images" / f"{recipe.name}-{recipe.key}"


@contextmanager
def _work_directory(parent: Path) -> Iterator[Path]:
    """Return a directory for something unfinished; what killed runs left goes. The caller holds the lock."""
    for left in parent.glob(".work-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".work-", dir=parent) as work:
        yield Path(work)


def _make(recipe: BaseImageRecipe, target: Path) -> None:
    with _work_directory(target.parent) as work:
        _bootstrap(recipe, work / "rootfs.tar")
        image_layout.write(work / "layout", work / "rootfs.tar", _config(recipe), tag=recipe.name)
        (work / "layout").rename(target)


def _bootstrap(recipe: BaseImageRecipe, tar: Path) -> None:
    program = shutil.which("mmdebstrap")
    if program is None:
        raise MissingToolError(
            f"Cannot make the base image {recipe.name}: no mmdebstrap on PATH",
            advice="Install the Debian or Ubuntu package mmdebstrap (on Ubuntu also debian-archive-keyring).",
        )
    takes = "about a minute" if recipe.arch == own_arch() else f"some minutes, for {recipe.arch}"
    sys.stderr.write(f"Making the base image {recipe.name} from Debian packages: {takes} ...\n")
    result = subprocess.run(
        [program, *_arguments(recipe), recipe.suite, str(tar)],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(_TIME), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise ReleaseError(
            f"Cannot make the base image {recipe.name}: mmdebstrap failed",
            detail="\n".join(result.stderr.splitlines()[-12:]),
            advice="It wants root or unprivileged user namespaces, a Debian mirror, and Debian's "
            "archive keys (package debian-archive-keyring).",
        )


def _arguments(recipe: BaseImageRecipe) -> list[str]:
    # Without the hook, usrmerge would come in, and all of perl with it.
    return [
        f"--architectures={_DEBIAN_NAMES.get(recipe.arch, recipe.arch)}",
        # It wants a program of its own to ask whether the emulation works; if it does not, we shall see.
        "--skip=check/qemu",
        "--variant=essential",
        "--format=tar",
        "--skip=output/dev",
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        f"--include={','.join(recipe.packages)}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in recipe.excluded),
        f"--customize-hook={recipe.set_up}",
    ]


def _config(recipe: BaseImageRecipe) -> dict[str, Any]:
    name, version = recipe.distro
    return {
        "architecture": recipe.arch,
        "os": "linux",
        "created": "1980-01-01T00:00:01Z",
        "config": {
            "User": f"{USER_ID}:{GROUP_ID}",
            "Env": [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                f"CNB_USER_ID={USER_ID}",
                f"CNB_GROUP_ID={GROUP_ID}",
            ],
            "Labels": {
                "io.buildpacks.base.distro.name": name,
                "io.buildpacks.base.distro.version": version,
                "io.buildpacks.base.maintainer": "Strata's tests",
            },
        },
    }
