"""Stamps beside assembled folders: made of what and with which content, to use a folder again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from oci_registry.content import file_sha256
from oci_registry.tar import tree_entries

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.files.output_directory import OutputDirectory


def is_stamped(output: OutputDirectory, name: str, inputs: str) -> bool:
    """Return whether a folder was made of the inputs with this digest and has not changed since."""
    try:
        stamp = (output.root / _stamp_name(name)).read_text("utf-8")
        return stamp == _stamp(inputs, output.root / name)
    except (OSError, UnicodeDecodeError):
        return False


def publish_stamped(output: OutputDirectory, staged: Path, inputs: str) -> Path:
    """Move a complete folder to its final name, and then its stamp."""
    stamp = output.staging / f"{staged.name}.stamp"
    stamp.write_text(_stamp(inputs, staged), "utf-8")
    output.remove(_stamp_name(staged.name))
    final = output.publish(staged, staged.name)
    output.publish(stamp, _stamp_name(staged.name))
    return final


def _stamp_name(name: str) -> str:
    return f".{name}.stamp"


def _stamp(inputs: str, folder: Path) -> str:
    return f"inputs {inputs}\ncontent {_tree_digest(folder)}\n"


def _tree_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for entry in tree_entries(folder, "."):
        content = file_sha256(entry.source) if entry.source else entry.link
        digest.update(f"{entry.name}\0{entry.kind!r}\0{entry.is_executable}\0{content}\0".encode())
    return f"sha256:{digest.hexdigest()}"
