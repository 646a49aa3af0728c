"""The commonest failures of ``poetry sync``, recognised in its output, with a cause and a next step."""

from __future__ import annotations

from app_venv.failures.building import (
    REPOSITORY_ACCESS,
    Explanation,
    Rule,
    explain_failure,
)

# The first that fits is the answer: causes come before the errors that they lead to.
_RULES = (
    Rule(
        r"pyproject\.toml changed significantly since poetry\.lock was last generated",
        "poetry.lock is out of date: pyproject.toml says something else",
        "Run 'poetry lock', and commit the file.",
    ),
    Rule(
        r"This project requires Poetry (?P<want>.+), but you are using Poetry (?P<have>\S+)",
        "the app requires Poetry {want} (requires-poetry), this is {have}",
        "strata/poetry-tool meets it, if it knows such a release. With another provider of poetry, ask that "
        "one for it, or change requires-poetry.",
    ),
    Rule(
        r"Current Python version \((?P<have>[^)]+)\) is not allowed by the project \((?P<want>[^)]+)\)",
        "the project needs Python {want}, this is {have}",
        "Choose the version with .python-version, or change requires-python and lock again.",
    ),
    Rule(
        r"Group\(s\) not found: (?P<name>\S+)",
        "there is no dependency group {name}",
        "Correct BP_POETRY_GROUPS; the groups are in [dependency-groups] and [tool.poetry.group.<name>] of "
        "pyproject.toml.",
    ),
    Rule(
        r"Extra \[(?P<name>[^]]+)\] is not specified",
        "there is no extra {name}",
        "Correct BP_POETRY_EXTRAS; the extras are in [project.optional-dependencies], or "
        "[tool.poetry.extras], of pyproject.toml.",
    ),
    Rule(
        r"The current project could not be installed: (?P<why>.+)",
        "Poetry cannot install the project itself: {why}",
        "If it is an app and no package, which runs from its directory, write package-mode = false in "
        "[tool.poetry], or set BP_POETRY_NO_ROOT=true. Otherwise say in 'packages' where its code is.",
    ),
    Rule(
        r"The Poetry configuration is invalid:\s*\n\s*- (?P<why>.+)",
        "pyproject.toml is not as Poetry wants it: {why}",
        "'poetry check' lists all that is wrong in it.",
    ),
    Rule(
        r"distributions for (?P<name>\S+) .*did not match any known checksums|"
        r"Hash for (?P<other>\S+) .* not found in known hashes",
        "the file of {name}{other} is not the one that poetry.lock has",
        "It was changed on its way, by a proxy for instance, or on the index: unless that was on "
        "purpose, do not trust it. If it was, lock again.",
    ),
    Rule(
        r"is not listed in the lock file, so its hash cannot be verified",
        "a package has files on the index that poetry.lock does not list",
        "Make the lock again: poetry lock --regenerate.",
    ),
    Rule(
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|invalid certificate",
        "the certificate of an index is not trusted",
        "Name the CA in SSL_CERT_FILE, give it as ca.crt of a binding of type pypi, or add it to the "
        "build image.",
    ),
    Rule(
        r"Source \((?P<name>[^)]+)\): Authorization error accessing|(401|403) Client Error",
        "an index refused access",
        "Give the build credentials for its host: a binding of type pypi or netrc, or the variables "
        "POETRY_HTTP_BASIC_<NAME>_USERNAME and POETRY_HTTP_BASIC_<NAME>_PASSWORD.",
    ),
    *REPOSITORY_ACCESS,
    Rule(
        r"No such file or directory: 'git'|git executable not found|Unable to find git",
        "git is not in the build image",
        "Use a build image with git, or require a released version instead of a repository.",
    ),
    Rule(
        r"Failed to clone|Failed to checkout|'git', '(clone|fetch|checkout)'",
        "a repository could not be cloned",
        "The reason is in the output above. Do address, branch and tag exist, and does the build reach it?",
    ),
    Rule(
        r"407 Proxy Authentication|ProxyError|Tunnel connection failed",
        "the proxy refused the connection",
        "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
    ),
    Rule(
        r"All attempts to connect to|NewConnectionError|NameResolutionError|ReadTimeout|ConnectTimeout|"
        r"5\d\d Server Error",
        "an index cannot be reached",
        "Check the network of the build, the addresses of the indexes and the proxy variables, then "
        "try again.",
    ),
    Rule(
        r"(?:404|410) Client Error[^\n]* for url: (?P<url>[^\s#]+)",
        "{url} is no longer there",
        "poetry.lock is for it. Has its index withdrawn the file, or moved it? Then lock again.",
    ),
    Rule(
        r"Invalid TOML file (?P<why>[^\n]+)",
        "a file cannot be read: {why}",
        "Correct it.",
    ),
    Rule(
        r"(?s)invalid literal for int\(\)[^\n]*: (?P<value>\S+).*int_normalizer",
        "a setting of Poetry is no number: {value}",
        "Correct the variable POETRY_*, or the line of poetry.toml, that has it.",
    ),
    Rule(
        r"(?s)Unable to find installation candidates for (?P<name>\S+) .*no-binary policy",
        "{name} has only a wheel, and wheels of it may not be installed",
        "POETRY_INSTALLER_NO_BINARY, or installer.no-binary of a poetry.toml, forbids it: take that back for "
        "this package.",
    ),
    Rule(
        r"(?s)Unable to find installation candidates for (?P<name>\S+) .*only-binary policy",
        "{name} has no wheel for this Python and processor, and nothing may be built",
        "Choose another version of the package, or a Python for which it has a wheel, and lock again. Or "
        "let it be built (BP_PIP_ONLY_BINARY).",
    ),
    Rule(
        r"Unable to find installation candidates for (?P<name>\S+)",
        "{name} has no file on its index for this Python and processor, or none of those that are locked",
        "Choose another version of the package, or a Python for which it has a wheel, and lock again.",
    ),
    Rule(
        r"(?:Path|Directory|File) (?P<path>.+) for \S+ does not exist|"
        r"No such file or directory: '(?P<other>[^']+)'",
        "{path}{other} does not exist",
        "Is it committed, and not excluded from the upload?",
    ),
    Rule(
        r"issues with (?P<name>\S+) \(|Cannot install (?P<third>\S+)\.|"
        r"Cannot (?:install|resolve) build-system\.requires for (?P<other>\S+)\.",
        "{name}{other}{third} could not be built or installed",
        "The reason is in the output above: choose a version of it that has a wheel for this Python, "
        "or give the build what it misses: a buildpack for system packages before this one, or another build "
        "image.",
    ),
)


def explain(code: int, output: str) -> Explanation:
    """Return what is known about a Poetry that ended with ``code`` (negative: signal) after ``output``."""
    return explain_failure("Poetry", _RULES, code, output)
