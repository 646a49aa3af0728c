"""``build-details.json``, the static description of an installation (PEP 739): true to what is in the layer.

python-build-standalone's names a static library that its archives do not hold, and no platform.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from buildpack_common.parsing import parse_json
from python_runtime.sysconfig_files import rewrite
from python_runtime.targets import MACHINES

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "build-details.json"
# Paths that may be missing: where nothing is at a path, the entry is left out, as the specification says.
_LIBRARIES = ("dynamic", "dynamic_stableabi", "static")


def adapt(tree: Path, line: str, arch: str) -> None:
    """Make the file true, if there is one of the form that is known. Raises OSError."""
    file = tree / "lib" / f"python{line}" / _FILE
    try:
        details = parse_json(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return
    if not isinstance(details, dict) or not isinstance(details.get("base_prefix"), str):
        return
    base = file.parent / details["base_prefix"]
    _adapt_libpython(details, base, file.parent)
    _adapt_c_api(details, base)
    if not details.get("platform") and arch in MACHINES:
        details["platform"] = f"linux-{MACHINES[arch]}"  # sysconfig.get_platform()
    rewrite(file, json.dumps(details, indent=2) + "\n")


def _adapt_libpython(details: dict[str, object], base: Path, stdlib: Path) -> None:
    section = details.get("libpython")
    if not isinstance(section, dict):
        return
    installed = sorted(stdlib.glob("config-*/libpython*.a"))  # where `make install` puts it
    if installed:
        section["static"] = os.path.relpath(installed[0], base)
    for name in _LIBRARIES:
        if name in section and not (base / str(section[name])).is_file():
            del section[name]
    if "dynamic" not in section:
        section.pop("dynamic_stableabi", None)
        section.pop("link_extensions", None)
    if not section:
        del details["libpython"]


def _adapt_c_api(details: dict[str, object], base: Path) -> None:
    section = details.get("c_api")
    if not isinstance(section, dict):
        return
    if "pkgconfig_path" in section and not (base / str(section["pkgconfig_path"])).is_dir():
        del section["pkgconfig_path"]
    if "headers" in section and not (base / str(section["headers"])).is_dir():
        del details["c_api"]  # the section must name them
