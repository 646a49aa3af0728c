"""The variables by which a user chooses Python and where it comes from: described as data, in one place.

The table in the README is made of them; a test holds them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api.bindings import CA_CERTIFICATES, CERTIFICATES
from buildpack_api.errors import ConfigurationError
from buildpack_common.environment_variables import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

LIBPYTHON = "libpython"
KEEPABLE = ("tests", "tk", "static", LIBPYTHON)
"""What `KEEP` can keep."""

VERSION = Variable("BP_PYTHON_VERSION", "[which Python](#which-python)", form="a version or a range")
KEEP = Variable(
    "BP_PYTHON_KEEP",
    "what not to prune: `tests`, `tk` (with IDLE and turtle), `static`, `libpython` (for uWSGI, mod_wsgi and "
    "others that embed Python)",
    form="words",
)
RUNTIMES = Variable(
    "BP_PYTHON_RUNTIMES",
    "a catalogue of your own, with the schema of [`data/runtimes.toml`](data/runtimes.toml)",
    form="a path",
)
MIRROR = Variable(
    "BP_DEPENDENCY_MIRROR",
    "replaces the public releases; may hold `{originalHost}`",
    form="a base URL: `https://`, `http://` or `file://`",
)
HOST_MIRROR = Variable(
    f"{MIRROR.name}_<HOST>",
    f"the same for one host, such as `{MIRROR.name}_GITHUB_COM` (`.` is `_`, `-` is `__`)",
    form="the same",
)

VARIABLES = (VERSION, KEEP, RUNTIMES, MIRROR, HOST_MIRROR)
"""All of them, in the order of the documentation."""

MIRROR_BINDING, MAPPING_BINDING = "dependency-mirror", "dependency-mapping"
BINDINGS = {
    MIRROR_BINDING: "`default`, or a host name: a base URL",
    MAPPING_BINDING: "the SHA-256 of an archive (alone, or after `sha256:` or `sha256_`): its URL",
    CA_CERTIFICATES: CERTIFICATES,
}
"""The types of service bindings that are read, and what the entries of each are."""


def kept_groups(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is to be kept, sorted. Raises ConfigurationError for what cannot be."""
    words = KEEP.words(environment)
    for word in words:
        if word not in KEEPABLE:
            import difflib  # only for a mistake

            meant = difflib.get_close_matches(word, KEEPABLE, 1)
            raise ConfigurationError(
                f"{KEEP.name} names {word!r}, which is not something to keep",
                detail=f"Did you mean {meant[0]!r}?" if meant else "",
                advice=f"Choose from: {', '.join(KEEPABLE)}; separate them by blanks.",
            )
    return tuple(sorted(set(words)))


def mirror_of(host: str) -> Variable:
    """Return the variable that names a mirror of this host."""
    suffix = host.replace("-", "__").replace(".", "_").upper()
    return Variable(f"{MIRROR.name}_{suffix}", HOST_MIRROR.meaning, form=HOST_MIRROR.form)
