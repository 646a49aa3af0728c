"""What a build has left, in words that do not name the place: the local platform's paths are cut off."""

from __future__ import annotations

import hashlib
import tarfile
from dataclasses import asdict, dataclass, field
from datetime import date, time
from fnmatch import fnmatch
from typing import IO, TYPE_CHECKING, Any, cast

from buildpack_api import toml
from buildpack_testing.image_store import as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from buildpack_testing.image_store import BuildpackRecord

# Each platform's own: names of the place, and the shell's.
_OF_THE_PLACE = frozenset({"CNB_BUILDPACK_DIR", "CNB_BP_PLAN_PATH", "HOME", "HOSTNAME", "PWD", "OLDPWD"})
# What a container has that is not the lifecycle's.
_OF_THE_CONTAINER = frozenset({"TERM", "container", "CNB_USER_ID", "CNB_GROUP_ID", "_", "SHLVL"})
# Files that hold paths together with their length, or a digest of such files.
_WITH_PATHS = (".pyc", "/RECORD")
# Shell for bin/build: copies what it finds into record/, which is no layer and so goes nowhere.
RECORD = """
record=$CNB_LAYERS_DIR/record
mkdir -p "$record/found"
for path in "$CNB_LAYERS_DIR"/*; do
    [ "$path" = "$record" ] || [ ! -e "$path" ] || cp -R "$path" "$record/found/"
done
env -0 >"$record/environment"
cp "$CNB_BP_PLAN_PATH" "$record/plan.toml"
"""


@dataclass(frozen=True)
class Snapshot:
    """What a build has left: equal on both platforms, or the local one is wrong.

    records: what each buildpack found, by its id: environment, plan, restored files. left: the names in its
    directory at the end. image, cache: types and metadata of "<buildpack id>:<layer>". contents: what is in
    the archive of each. diff_ids are not equal (other paths, another tar writer); which of them stay is.
    """

    group: tuple[str, ...]
    records: Mapping[str, Mapping[str, object]]
    left: Mapping[str, frozenset[str]]
    image: Mapping[str, object]
    cache: Mapping[str, object]
    store: Mapping[str, object]
    processes: Mapping[str, object]
    labels: Mapping[str, str]
    contents: Mapping[str, object]
    diff_ids: Mapping[str, str] = field(compare=False)


def differences(
    local: Snapshot, real: Snapshot, ignoring: Sequence[str] = ()
) -> dict[str, tuple[object, object]]:
    """Return what differs: (local, real) by the path of names to it, but for paths that are ignored."""
    found = _differences("", *(_plain(one) for one in (local, real)))
    return {name: both for name, both in found if not any(fnmatch(name, one) for one in ignoring)}


def _plain(seen: Snapshot) -> dict[str, object]:
    whole = dict(vars(seen))
    del whole["diff_ids"]
    return whole


def _differences(name: str, local: object, real: object) -> Iterable[tuple[str, tuple[object, object]]]:
    if isinstance(local, dict) and isinstance(real, dict):
        for key in sorted(local.keys() | real.keys()):
            yield from _differences(f"{name}/{key}", local.get(key, "-"), real.get(key, "-"))
    elif repr(_sorted(local)) != repr(_sorted(real)):  # not local != real: 1 is not 1.0
        yield name, (local, real)


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {name: _sorted(one) for name, one in sorted(value.items())}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def comparable(environment: Mapping[str, str], root: str) -> dict[str, str]:
    """Leave out what names the place or the container, and cut the place's root off."""
    left_out = _OF_THE_PLACE | _OF_THE_CONTAINER
    return {name: _cut(value, root) for name, value in sorted(environment.items()) if name not in left_out}


def recorded(directory: Path, root: str) -> dict[str, object]:
    """Read what RECORD or the probe has written; TOML as values, so that only its meaning counts."""
    pairs = (directory / "environment").read_text(errors="surrogateescape").rstrip("\0").split("\0")
    environment = comparable(dict(pair.partition("=")[::2] for pair in pairs), root)
    others = {path.name: _content(path, root) for path in sorted(directory.iterdir()) if path.is_file()}
    del others["environment"]
    others.pop("system-libraries", None)
    found = {
        str(path.relative_to(directory / "found")): _content(path, root)
        for path in sorted((directory / "found").rglob("*"))
    }
    return {**others, "environment": environment, "found": found}


def _content(path: Path, root: str) -> object:
    if path.is_dir():
        return "a directory"
    mode = path.lstat().st_mode & 0o777
    if path.suffix == ".toml":
        return toml.load(path)
    return f"{mode:o} {_cut(path.read_text(), root)}"


def names_left(layers: Path, ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the names in the directories of the buildpacks."""
    return {one: frozenset(path.name for path in (layers / one.replace("/", "_")).iterdir()) for one in ids}


def stored(buildpacks: Iterable[BuildpackRecord], root: str) -> dict[str, object]:
    """Types and metadata as the local platform has them."""
    return {
        f"{one.id}:{layer.name}": {
            "types": asdict(layer.types),
            "metadata": plain_numbers(layer.metadata or {}, root),
        }
        for one in buildpacks
        for layer in one.layers
    }


def labelled(buildpacks: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Types and metadata as the lifecycle has them in its label, and in its cache."""
    return {
        f"{one['key']}:{name}": {
            "types": {flag: bool(layer.get(flag)) for flag in ("build", "launch", "cache")},
            "metadata": plain_numbers(layer.get("data") or {}),
        }
        for one in buildpacks
        for name, layer in sorted((one.get("layers") or {}).items())
    }


def digests(buildpacks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the diff IDs as the lifecycle has them in its label, and in its cache."""
    return {
        f"{one['key']}:{name}": layer["sha"]
        for one in buildpacks
        for name, layer in (one.get("layers") or {}).items()
    }


def plain_numbers(value: object, root: str = "") -> object:
    """Make numbers floats, as in JSON; what a buildpack reads back is compared as it is."""
    if isinstance(value, dict):
        return {name: plain_numbers(one, root) for name, one in sorted(value.items())}
    if isinstance(value, list):
        return [plain_numbers(one, root) for one in value]
    if isinstance(value, str):
        return _cut(value, root)
    if isinstance(value, date | time):
        return as_json(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def process(
    command: Sequence[str], arguments: Sequence[str], directory: str | None, root: str, *, is_default: bool
) -> dict[str, object]:
    """Describe a process; it starts in the app unless told otherwise."""
    words = {"command": list(command), "args": list(arguments)}
    return {**words, "directory": _cut(directory or "/workspace", root), "default": is_default}


def archived(file: IO[bytes], root: str) -> dict[str, str]:
    """Describe each member of a layer below its own directory: kind, mode, owner, time, content."""
    with file, tarfile.open(fileobj=file) as tar:
        members = {member.name.strip("/"): _member(tar, member, root) for member in tar}
    return {name: told for name, told in members.items() if name.count("/") > 1}


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo, root: str) -> str:
    data = cast("IO[bytes]", tar.extractfile(member)).read() if member.isreg() else b""
    if member.name.endswith(_WITH_PATHS):
        data = b""
    text = hashlib.sha256(data.replace(root.encode() + b"/", b"/") if root else data).hexdigest()[:12]
    kind = member.type.decode().replace("\0", "0")
    link = f" -> {_cut(member.linkname, root)}" if member.issym() else ""
    return f"{kind} {member.mode & 0o7777:o} {member.mtime:.0f} {text if member.isreg() else ''}{link}"


def _cut(text: str, root: str) -> str:
    return text.replace(f"{root}/", "/") if root else text
