"""A program: pip, with what `keep_downloads` and `leave_out` change in it.

It is started by `install.Installer` as pip starts itself for another Python::

    python inside_pip.py STORE HASHES OFFERED .../pip/__pip-runner__.py install ...

``STORE`` is the directory of kept files, ``HASHES`` a file with the hashes that the requirements or the lock
allow, ``OFFERED`` one with what need be neither downloaded nor unpacked. A pip that is made otherwise inside
keeps and leaves out nothing.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import importlib.util
import os
import runpy
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def main(store: str, hashes: str, offered: str, runner: str) -> None:
    """Run pip, which is found beside ``runner``, the program by which it runs in other environments."""
    package = Path(runner).parent
    pip = _module("pip", package / "__init__.py", str(package))
    with suppress(ImportError, AttributeError):
        keeping = _module("keep_downloads", Path(__file__).with_name("keep_downloads.py"))
        allowed = frozenset(Path(hashes).read_text("ascii").split())
        requests = importlib.import_module(f"{pip.__name__}._vendor.requests")
        keeping.keep_downloads(requests, keeping.DownloadStore(Path(store), allowed))
    lines = Path(offered).read_text("utf-8", "surrogateescape")
    with suppress(ImportError, AttributeError, ValueError):
        if lines:
            leaving = _module("leave_out", Path(__file__).with_name("leave_out.py"))
            command = importlib.import_module(f"{pip.__name__}._internal.commands.install")
            links = importlib.import_module(f"{pip.__name__}._internal.utils.direct_url_helpers")
            leaving.leave_out(command, links.direct_url_from_link, leaving.read_offered(lines))
    os.environ["_PIP_RUNNING_IN_SUBPROCESS"] = "1"  # as pip says it to itself: PIP_PYTHON has been followed
    runpy.run_path(runner, run_name="__main__")


def _module(name: str, path: Path, *packages: str) -> ModuleType:
    """Load a module from its file. Raises ImportError."""
    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=list(packages) or None
    )
    if spec is None or spec.loader is None:
        raise ImportError(name)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    del sys.path[0]  # this folder: nothing in it is a module of pip
    atexit.register(gc.freeze)  # what is loaded ends with pip: to search it for garbage is a sixth of a run
    _store, _hashes, _offered, _runner = sys.argv[1:5]
    sys.argv[:] = sys.argv[4:]
    main(_store, _hashes, _offered, _runner)
