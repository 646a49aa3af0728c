"""Environment markers (PyPA specification 'Dependency specifiers') for the Python that the app gets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildpack_api.interpreter import Interpreter


def marker_environment(interpreter: Interpreter) -> dict[str, str]:
    """Return the values of environment markers ('Environment Markers') for this Python on this machine."""
    system = os.uname()
    pypy = "PyPy" in interpreter.build
    return {
        "implementation_name": "pypy" if pypy else "cpython",
        "implementation_version": interpreter.version,
        "os_name": "posix",
        "platform_machine": system.machine,
        "platform_python_implementation": "PyPy" if pypy else "CPython",
        "platform_release": system.release,
        "platform_system": "Linux",
        "platform_version": system.version,
        "python_full_version": interpreter.version,
        "python_version": interpreter.minor,
        "sys_platform": "linux",
    }
