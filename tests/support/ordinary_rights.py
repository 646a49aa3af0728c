"""The rights of an ordinary user, for root: file modes stop whoever has no capability to pass them by."""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# linux/capability.h, linux/prctl.h, linux/securebits.h
_VERSION_3 = 0x20080522
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1 << 1, 1 << 2
_GET_SECUREBITS, _SET_SECUREBITS = 27, 28
_NO_SETUID_FIXUP = 1 << 2  # without it access(2) takes root's permitted capabilities for the effective ones


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Words(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@contextmanager
def ordinary_rights() -> Iterator[None]:
    """Let file modes count for this thread and those that it starts; programs it starts are root again.

    Nothing changes for who is not root. See capset(2) and capabilities(7). Raises OSError.
    """
    if os.geteuid() != 0:
        yield
        return
    bits = _prctl(_GET_SECUREBITS)
    words = (_Words * 2)()
    _capabilities("capget", words)
    before = words[0].effective
    words[0].effective = before & ~(_DAC_OVERRIDE | _DAC_READ_SEARCH)
    _prctl(_SET_SECUREBITS, bits | _NO_SETUID_FIXUP)
    _capabilities("capset", words)
    try:
        yield
    finally:
        words[0].effective = before
        _capabilities("capset", words)
        _prctl(_SET_SECUREBITS, bits)


def _capabilities(call: str, words: ctypes.Array[_Words]) -> None:
    header = _Header(_VERSION_3, 0)  # 0: the calling thread
    _checked(_libc()[call](ctypes.byref(header), words), call)


def _prctl(option: int, value: int = 0) -> int:
    return _checked(int(_libc().prctl(option, value, 0, 0, 0)), "prctl")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(answer: int, call: str) -> int:
    if answer < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{call}: {os.strerror(error)}")
    return answer
