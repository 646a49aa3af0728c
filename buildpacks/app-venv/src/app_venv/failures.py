"""The commonest failures of ``pip install``, recognised in its output, with a cause and a next step."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
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
    "libxml/xpath.h": "libxml2-dev",
    "libxslt/xslt.h": "libxslt1-dev",
    "lzma.h": "liblzma-dev",
    "magic.h": "libmagic-dev",
    "mysql.h": "default-libmysqlclient-dev",
    "openssl/ssl.h": "libssl-dev",
    "portaudio.h": "portaudio19-dev",
    "sasl/sasl.h": "libsasl2-dev",
    "sql.h": "unixodbc-dev",
    "sqlite3.h": "libsqlite3-dev",
    "uuid/uuid.h": "uuid-dev",
    "xmlsec/xmlsec.h": "libxmlsec1-dev",
    "yaml.h": "libyaml-dev",
    "zlib.h": "zlib1g-dev",
}
_SYSTEM = (
    "Put a buildpack for system packages before this one, use a build image that has it, or choose a version"
)
_WHEEL = f"{_SYSTEM} of the package that has a wheel for this Python."


@dataclass(frozen=True)
class Explanation:
    """``cause`` completes "could not be installed: ...", ``advice`` is whole sentences."""

    cause: str
    advice: str


@dataclass(frozen=True)
class _Rule:
    pattern: str
    cause: str
    advice: str

    def apply(self, output: str) -> Explanation | None:
        found = re.search(self.pattern, output)
        if found is None:
            return None
        values = {name: value or "" for name, value in found.groupdict().items()}
        return Explanation(self.cause.format_map(values), self.advice.format_map(values))


# The first that fits is the answer: causes come before the errors that they lead to.
_RULES = (
    _Rule(
        r"No space left on device|Disk quota exceeded",
        "no space is left on the disk",
        "Give the build a larger disk; TMPDIR may name a directory on another one.",
    ),
    _Rule(
        r"(Killed signal terminated program|fatal error: Killed|internal compiler error: Killed)",
        "a compiler was killed, probably for lack of memory",
        "Give the build more memory, or choose a version of the package that has a wheel.",
    ),
    _Rule(
        r"THESE PACKAGES DO NOT MATCH THE HASHES",
        "a file of the index is not the one whose hash is in the requirements file",
        "If the file was replaced on purpose, make the hashes again; if not, do not trust the index.",
    ),
    _Rule(
        r"Hashes are required in --require-hashes mode|In --require-hashes mode, all requirements must have",
        "some requirements have hashes and some have not",
        "Once one has, pip wants an exact version and a hash for all, dependencies included. Write the file "
        "with a tool such as pip-compile --generate-hashes.",
    ),
    _Rule(
        r"Can't verify hashes for these",
        "a directory or a version control address cannot be checked by hash",
        "Leave the hashes out of the file, or publish the package and name its version.",
    ),
    _Rule(
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "the certificate of the index is not trusted",
        "Name the CA in PIP_CERT, give it as ca.crt of a binding of type pypi, or add it to the build image.",
    ),
    _Rule(
        r"401 Client Error|401 Error|403 Client Error|WARNING: .*Credentials not correct|User for \S+:",
        "the index refused access",
        "Check username and password of the binding of type pypi, or those in PIP_INDEX_URL or "
        "PIP_EXTRA_INDEX_URL, where special characters are written as %XX.",
    ),
    _Rule(
        r"407 Proxy Authentication|Cannot connect to proxy|ProxyError",
        "the proxy refused the connection",
        "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
    ),
    _Rule(
        r"NewConnectionError|Failed to establish a new connection|NameResolutionError|ConnectTimeoutError|"
        r"Read timed out|Connection refused|Temporary failure in name resolution|Network is unreachable|"
        r"Max retries exceeded|RemoteDisconnected|IncompleteRead|didn.t respond within|Failed to connect to",
        "the package index cannot be reached",
        "Check the network of the build, PIP_INDEX_URL and the proxy variables, then try again.",
    ),
    _Rule(
        r"The repository located at (?P<host>\S+) is not a trusted or secure host",
        "pip ignores the index at {host}, whose address begins with http:",
        "Use its https: address; if there is none and the network is safe, set PIP_TRUSTED_HOST to {host}.",
    ),
    _Rule(
        r"Could not open requirements file: .*No such file or directory: '(?P<file>[^']+)'",
        "{file} does not exist",
        "A requirements file includes it with -r or -c, or PIP_CONSTRAINT names it. Names count from the "
        "file that includes them.",
    ),
    _Rule(
        r"Invalid requirement: '?(?P<text>[^'\n]+)",
        "a line is not a requirement: {text}",
        "Correct the line that pip names above.",
    ),
    _Rule(
        r"Cannot select requirements from pylock file '(?P<file>[^']+)': No wheel found matching .*"
        r"for package '(?P<name>[^']+)'",
        "{file} has no file of {name} that fits this Python and processor",
        "Lock again for the Python of the app and the machine that it runs on (pip lock locks for the Python "
        "that runs it), or choose the Python that was locked for in .python-version.",
    ),
    _Rule(
        r"Cannot find command 'git'",
        "git is not in the build image",
        "Use a build image with git, or require a released version instead of a repository.",
    ),
    _Rule(
        r"ResolutionImpossible|conflicting dependencies",
        "some requirements exclude each other",
        "pip lists above which package asks for what. Loosen one of the versions.",
    ),
    _Rule(
        r"is not a supported wheel on this platform",
        "a wheel was made for another Python, system or processor",
        "Name a wheel that fits, or the package and version instead of a file.",
    ),
    _Rule(
        r"fatal error: Python\.h: No such file",
        "the headers of Python are missing",
        "Use strata/python-runtime, which has them, as the provider of Python.",
    ),
    _Rule(
        r"Failed to build|error: command .* failed|subprocess-exited-with-error|metadata-generation-failed",
        "a package has no wheel for this Python and could not be built from source",
        f"The reason is in the output above. {_WHEEL}",
    ),
    _Rule(
        r"Ignored the following versions that require a different python version[\s\S]*"
        r"No matching distribution found for (?P<name>\S+)",
        "no version of {name} that is allowed supports this Python",
        "Choose another version of the package or of Python.",
    ),
    _Rule(
        r"No matching distribution found for (?P<name>\S+)",
        "the index has no {name} for this Python",
        "Is the name right, does that version exist, and does it support this Python and processor? If it is "
        "private, is PIP_INDEX_URL or PIP_EXTRA_INDEX_URL set?",
    ),
    _Rule(
        r"requires a different Python: (?P<have>\S+) not in (?P<want>'[^']+')",
        "a package needs Python {want}, this is {have}",
        "Choose another version of the package or of Python.",
    ),
)
_BUILD_RULES = (
    _Rule(
        r"fatal error: (?!Python\.h)(?P<header>[\w./+-]+\.h(pp)?): No such file",
        "{header} is missing to build a package from source",
        "",
    ),
    _Rule(
        r"pg_config executable not found",
        "pg_config is missing to build a package from source",
        f"In Debian and Ubuntu it is part of libpq-dev. {_WHEEL}",
    ),
    _Rule(
        r"(command '(?P<compiler>[^']*(gcc|g\+\+|cc|clang))' failed: No such file|"
        r"unable to execute '(?P<program>[^']+)'|error: Microsoft|Unknown compiler)",
        "the build image has no compiler, and a package must be built from source",
        f"In Debian and Ubuntu it is build-essential. {_WHEEL}",
    ),
    _Rule(
        r"(Cargo, the Rust package manager, is not installed|can't find Rust compiler|rustc.*not found)",
        "the build image has no Rust compiler, and a package must be built from source",
        f"In Debian and Ubuntu it is rustc and cargo. {_WHEEL}",
    ),
)


def explain(code: int, output: str) -> Explanation:
    """Return what is known about a pip that ended with ``code`` (negative: signal) after this ``output``."""
    if code in _KILLED:
        return Explanation("pip was killed, probably for lack of memory", "Give the build more memory.")
    header = _BUILD_RULES[0].apply(output)
    if header is not None:
        return Explanation(header.cause, _header_advice(header.cause.split(" ", 1)[0]))
    for rule in (*_BUILD_RULES[1:], *_RULES):
        explanation = rule.apply(output)
        if explanation is not None:
            return explanation
    return Explanation("pip failed", "The reason is in its output above.")


def _header_advice(header: str) -> str:
    package = _HEADERS.get(header)
    known = f"In Debian and Ubuntu it is part of {package}. " if package else ""
    return known + _WHEEL
