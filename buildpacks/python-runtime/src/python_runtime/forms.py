"""How python-build-standalone's archives differ from release to release, and which kinds of them were tried.

A layer is made by looking into an archive, not by its form. But whether it works is known only of a form that
somebody has run, and for each form that is said here; a test compares it with the catalogue and the README.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_runtime.targets import MACHINES

if TYPE_CHECKING:
    from buildpack_common.runtimes_catalogue import Runtime

# What follows the name of an archive of these releases, and whether it is stripped then.
_FLAVOURS = {".tar.gz": False, "_stripped.tar.gz": True}


@dataclass(frozen=True)
class Form:
    """Archives that are linked and laid out alike.

    Attributes:
        first, last: the releases with this form (their days, YYYYMMDD); no last one if it is still so.
        is_stripped: whether the debugging symbols were taken out.
        name: what is in the archive, in words.
        tried: real trees of which layers were made and run, on both architectures, as "3.12.3 of 20240415".
        needs: a library that the interpreter wants of build and run image, besides those of glibc.
    """

    first: str
    last: str
    name: str
    tried: tuple[str, ...] = ()
    needs: str = ""
    is_stripped: bool = False


# Since 20220227 there are archives that hold the installed tree and nothing else.
FORMS = (
    Form(
        "20220227",
        "20220630",
        "shared libpython that needs libcrypt; with the test suite and a static libpython",
        needs="libcrypt.so.1",
    ),
    Form(
        "20220802",
        "20230507",
        "shared libpython that needs libcrypt",
        tried=("3.10.6 of 20220906", "3.10.8 of 20221106"),
        needs="libcrypt.so.1",
    ),
    # The module _crypt is a file of its own from here on, and nothing else needs libcrypt.
    Form(
        "20230726",
        "20250409",
        "shared libpython",
        tried=(
            *("3.11.6 of 20231002", "3.11.8 of 20240224", "3.12.3 of 20240415"),
            *("3.10.16 of 20241219", "3.11.11 of 20241219", "3.13.1 of 20241219"),
        ),
    ),
    # There were trees with symbols only: these were taken out as upstream does it (strip --strip-debug).
    Form(
        "20240725",
        "20250409",
        "shared libpython, stripped",
        tried=("3.10.16 of 20241219", "3.11.11 of 20241219", "3.13.1 of 20241219"),
        is_stripped=True,
    ),
    Form("20250517", "20250723", "static libpython, Tcl/Tk inside", is_stripped=True),
    Form("20250808", "20251217", "static libpython, Tcl/Tk 8.6 beside it", is_stripped=True),
    Form(
        "20260113",
        "",
        "static libpython, Tcl/Tk 9 beside it",
        tried=("3.14.6 of 20260610",),
        is_stripped=True,
    ),
)


def form_of(runtime: Runtime) -> Form | None:
    """Return the form of an archive as its release has it, None if it is none of these.

    Such are the archives of a catalogue of somebody's own, whose form is their maker's affair.
    """
    tag, machine = runtime.tag, MACHINES.get(runtime.arch, "")
    name = f"{tag}/cpython-{runtime.version}+{tag}-{machine}-unknown-linux-gnu-install_only"
    is_stripped = _FLAVOURS.get(runtime.path.replace("%2B", "+").removeprefix(name))
    return next(
        (
            form
            for form in FORMS
            if form.is_stripped is is_stripped and form.first <= tag <= (form.last or tag)
        ),
        None,
    )
