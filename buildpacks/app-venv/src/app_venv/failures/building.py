"""Why an installation failed that is no matter of the program which ran it.

A package could not be built from source: what is missing, and the Debian package that has it. Or git was not
let into a repository, or the machine was too small.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

# The last one: for another Python (PIP_PYTHON) pip starts itself again, and ends with its child's code.
_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL, 256 - signal.SIGKILL)


@dataclass(frozen=True)
class Explanation:
    """``cause`` completes "could not be installed: ...", ``advice`` is whole sentences."""

    cause: str
    advice: str


@dataclass(frozen=True)
class Rule:
    """``cause`` and ``advice`` may have ``{name}`` for each named group of the ``pattern``."""

    pattern: str
    cause: str
    advice: str

    def apply(self, output: str) -> Explanation | None:
        """Return the explanation if the pattern is found."""
        found = re.search(self.pattern, output)
        if found is None:
            return None
        values = {name: value or "" for name, value in found.groupdict().items()}
        return Explanation(self.cause.format_map(values), self.advice.format_map(values))


def first(rules: tuple[Rule, ...], output: str) -> Explanation | None:
    """Return the explanation of the first rule that applies."""
    return next((found for rule in rules if (found := rule.apply(output)) is not None), None)


REPOSITORY_ACCESS = (
    Rule(
        r"Host key for (?P<host>\S+) has changed",
        "{host} is not the host that it was: its key is another one than that in known_hosts",
        "Somebody may stand between the build and the host. Compare the key with what the host publishes "
        "now; only if they are the same, put it into known_hosts of the binding of type git-ssh.",
    ),
    Rule(
        r"Host key verification failed|No \S+ host key is known for",
        "the host of a repository is not known",
        "Give its public keys as known_hosts of a binding of type git-ssh, as the host publishes them.",
    ),
    Rule(
        r"cannot run ssh: No such file",
        "ssh is not in the build image",
        "Use a build image with it, or the https: address of the repository.",
    ),
    Rule(
        r"(fatal: Authentication failed|could not read (Username|Password)|Permission denied \(publickey|"
        r"terminal prompts disabled)",
        "a repository refused access",
        "Give the build credentials for its host: a binding of type git-credentials, netrc or git-ssh.",
    ),
)
"""What git says of a repository that it is not let into, whoever has started it."""

_WHEEL = (
    "Put a buildpack for system packages before this one, use a build image that has it, or choose a version "
    "of the package that has a wheel for this Python."
)
_HEADERS = {
    "bzlib.h": "libbz2-dev",
    "cairo.h": "libcairo2-dev",
    "curl/curl.h": "libcurl4-openssl-dev",
    "expat.h": "libexpat1-dev",
    "ffi.h": "libffi-dev",
    "ft2build.h": "libfreetype-dev",
    "gdal.h": "libgdal-dev",
    "geos_c.h": "libgeos-dev",
    "gmp.h": "libgmp-dev",
    "gssapi/gssapi.h": "libkrb5-dev",
    "hdf5.h": "libhdf5-dev",
    "jpeglib.h": "libjpeg-dev",
    "lber.h": "libldap2-dev",
    "ldap.h": "libldap2-dev",
    "libpq-fe.h": "libpq-dev",
    "librdkafka/rdkafka.h": "librdkafka-dev",
    "libxml/xmlversion.h": "libxml2-dev",
    "libxml/xpath.h": "libxml2-dev",
    "libxslt/xslt.h": "libxslt1-dev",
    "lzma.h": "liblzma-dev",
    "magic.h": "libmagic-dev",
    "mysql.h": "default-libmysqlclient-dev",
    "openssl/opensslv.h": "libssl-dev",
    "openssl/ssl.h": "libssl-dev",
    "portaudio.h": "portaudio19-dev",
    "sasl/sasl.h": "libsasl2-dev",
    "snappy-c.h": "libsnappy-dev",
    "sodium.h": "libsodium-dev",
    "sql.h": "unixodbc-dev",
    "sqlite3.h": "libsqlite3-dev",
    "systemd/sd-daemon.h": "libsystemd-dev",
    "uuid/uuid.h": "uuid-dev",
    "xmlsec/xmlsec.h": "libxmlsec1-dev",
    "yaml.h": "libyaml-dev",
    "zlib.h": "zlib1g-dev",
    "zmq.h": "libzmq3-dev",
}
# As linkers (-l), pkg-config and build systems name them.
_LIBRARIES = {
    "cairo": "libcairo2-dev",
    "crypto": "libssl-dev",
    "curl": "libcurl4-openssl-dev",
    "dbus-1": "libdbus-1-dev",
    "ffi": "libffi-dev",
    "freetype": "libfreetype-dev",
    "freetype2": "libfreetype-dev",
    "gdal": "libgdal-dev",
    "geos": "libgeos-dev",
    "geos_c": "libgeos-dev",
    "gobject-introspection-1.0": "libgirepository1.0-dev",
    "hdf5": "libhdf5-dev",
    "jpeg": "libjpeg-dev",
    "ldap": "libldap2-dev",
    "libffi": "libffi-dev",
    "libpq": "libpq-dev",
    "libsystemd": "libsystemd-dev",
    "libxml-2.0": "libxml2-dev",
    "libxslt": "libxslt1-dev",
    "lapack": "liblapack-dev",
    "mariadb": "libmariadb-dev",
    "mysqlclient": "default-libmysqlclient-dev",
    "openblas": "libopenblas-dev",
    "openssl": "libssl-dev",
    "pq": "libpq-dev",
    "ssl": "libssl-dev",
    "xml2": "libxml2-dev",
    "xmlsec1": "libxmlsec1-dev",
    "xslt": "libxslt1-dev",
    "z": "zlib1g-dev",
    "zlib": "zlib1g-dev",
}
_PROGRAMS = {
    "cmake": "cmake",
    "curl-config": "libcurl4-openssl-dev",
    "gdal-config": "libgdal-dev",
    "geos-config": "libgeos-dev",
    "gfortran": "gfortran",
    "krb5-config": "libkrb5-dev",
    "make": "make",
    "mariadb_config": "libmariadb-dev",
    "mysql_config": "default-libmysqlclient-dev",
    "ninja": "ninja-build",
    "pg_config": "libpq-dev",
    "pkg-config": "pkg-config",
    "swig": "swig",
    "xml2-config": "libxml2-dev",
    "xslt-config": "libxslt1-dev",
}
_COMPILER = r"(?:[\w-]+-)?(?:gcc|g\+\+|cc|c\+\+|clang)(?:-\d+)?"
_PROGRAM = "|".join(map(re.escape, _PROGRAMS))


@dataclass(frozen=True)
class _Missing:
    """Something that a table knows the Debian package of; one of the patterns names it as ``what``."""

    packages: Mapping[str, str]
    patterns: tuple[str, ...]
    cause: str

    def apply(self, output: str) -> Explanation | None:
        for pattern in self.patterns:
            found = re.search(pattern, output)
            if found is not None:
                what = found["what"]
                package = self.packages.get(what)
                known = f"In Debian and Ubuntu it is part of {package}. " if package else ""
                return Explanation(self.cause.format(what=what), known + _WHEEL)
        return None


_HEADER_OF_PYTHON = Rule(
    r"fatal error: Python\.h: No such file",
    "the headers of Python are missing",
    "Use strata/python-runtime, which has them, as the provider of Python.",
)
_MISSING = (
    _Missing(
        _HEADERS,
        (r"fatal error: '?(?P<what>[\w./+-]+\.(?:h|hpp|hh))'?(?:: No such file| file not found)",),
        "{what} is missing to build a package from source",
    ),
    _Missing(
        _PROGRAMS,
        (
            rf"\b(?P<what>{_PROGRAM})(?: executable)?:? (?:command )?not found",
            rf"No such file or directory: '(?:/\S*/)?(?P<what>{_PROGRAM})'",
            rf"(?:Could not find|Cannot find|Unable to find|Unable to invoke) (?P<what>{_PROGRAM})\b",
            rf"Unknown compiler\(s\): \[\['(?P<what>{_PROGRAM})'",
            rf"command '(?P<what>{_PROGRAM})' failed: No such file",
        ),
        "{what} is missing to build a package from source",
    ),
    _Missing(
        _LIBRARIES,
        (
            r"cannot find -l(?P<what>[\w.+-]+)",
            r"""[Dd]ependency ["'](?P<what>[\w.+-]+)["'] not found""",
            r"Package '?(?P<what>[\w.+-]+?)'?,? (?:required by '[^']*', not found|was not found in the pkg-)",
            r"No package '(?P<what>[\w.+-]+)' found",
            r"could not be found\s+for (?P<what>[\w.+-]+)",
            r"Could not find directory of (?P<what>OpenSSL) installation",
        ),
        "the library {what} is missing to build a package from source",
    ),
)
_MACHINE = (
    Rule(
        r"No space left on device|Disk quota exceeded",
        "no space is left on the disk",
        "Give the build a larger disk; TMPDIR may name a directory on another one.",
    ),
    Rule(
        r"(Killed signal terminated program|fatal error: Killed|internal compiler error: Killed)",
        "a compiler was killed, probably for lack of memory",
        "Give the build more memory, or choose a version of the package that has a wheel.",
    ),
)
_RULES = (
    Rule(
        rf"(command '(?:/\S*/)?{_COMPILER}' failed: No such file|unable to execute '(?:/\S*/)?{_COMPILER}'|"
        rf"No such file or directory: '(?:/\S*/)?{_COMPILER}'|Unknown compiler\(s\): \[\['(?:cc|c\+\+|gcc)')",
        "the build image has no compiler, and a package must be built from source",
        f"In Debian and Ubuntu it is build-essential. {_WHEEL}",
    ),
    Rule(
        r"(Cargo, the Rust package manager, is not installed|can't find Rust compiler|rustc.*not found|"
        r"No such file or directory: '(?:rustc|cargo)')",
        "the build image has no Rust compiler, and a package must be built from source",
        f"In Debian and Ubuntu it is rustc and cargo. {_WHEEL}",
    ),
    Rule(
        r"libxml2 and libxslt development packages",
        "libxml2 and libxslt are missing to build a package from source",
        f"In Debian and Ubuntu they are part of libxml2-dev and libxslt1-dev. {_WHEEL}",
    ),
    Rule(
        r"Can not find valid pkg-config name",
        "the library mysqlclient is missing to build a package from source",
        f"In Debian and Ubuntu it is part of default-libmysqlclient-dev, and needs pkg-config. {_WHEEL}",
    ),
)


def explain_build(output: str) -> Explanation | None:
    """Return what is missing if a build from source says so."""
    found = _HEADER_OF_PYTHON.apply(output)
    if found is not None:
        return found
    missing = (one.apply(output) for one in _MISSING)
    return next((found for found in missing if found is not None), None) or first(_RULES, output)


def explain_machine(output: str) -> Explanation | None:
    """Return what the machine has too little of if a program says so."""
    return first(_MACHINE, output)


def explain_failure(program: str, rules: tuple[Rule, ...], code: int, output: str) -> Explanation:
    """Return what is known about a program that ended with ``code`` (negative: signal) after ``output``."""
    if was_killed(code):
        return Explanation(
            f"{program} was killed, probably for lack of memory", "Give the build more memory."
        )
    found = explain_machine(output) or explain_build(output) or first(rules, output)
    return found or Explanation(f"{program} failed", "The reason is in its output above.")


def was_killed(code: int) -> bool:
    """Whether SIGKILL ended a program, as the kernel does it for lack of memory."""
    return code in _KILLED


def failed_installation(
    program: str, command: tuple[str, ...], code: int, explanation: Explanation, *, more: str = ""
) -> CommandFailed:
    """Return the error of a build whose ``program`` has failed; ``more`` follows the advice."""
    ended = "was killed" if was_killed(code) else f"ended with exit code {code}"
    return CommandFailed(
        f"The requirements could not be installed: {explanation.cause}",
        command=command,
        returncode=code,
        detail=f"{program} {ended}; what it said is above.",
        advice=explanation.advice + more,
    )
