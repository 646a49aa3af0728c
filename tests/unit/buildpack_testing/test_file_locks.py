"""Two runs must not work in one directory at once, and a dead one must not block the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ConflictError
from buildpack_testing.file_locks import exclusive

if TYPE_CHECKING:
    from pathlib import Path

_HOLDER = """
import sys, time
from pathlib import Path
from buildpack_testing.file_locks import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_held_elsewhere_is_a_clear_conflict_until_its_process_dies(tmp_path: Path) -> None:
    lock = tmp_path / "deep" / "lock"
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, lock], stdout=subprocess.PIPE, text=True, env=env
    ) as one:
        assert one.stdout is not None
        assert one.stdout.readline() == "held\n"
        with pytest.raises(ConflictError, match="Another run"), exclusive(lock, wait=False):
            pass
        one.send_signal(signal.SIGKILL)
    with exclusive(lock, wait=False):
        pass
