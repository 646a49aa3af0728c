"""The commonest failures of ``uv sync``, recognised in its output, with a cause and a next step."""

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
        r"Failed to parse `(?P<file>[^`]+)` during settings discovery",
        "uv does not understand its settings in {file}, and went on without any of them, indexes too",
        "What it does not know is named in the output above: correct it, or ask strata/uv-tool for "
        "one that knows it ([tool.uv] required-version).",
    ),
    Rule(
        r"lockfile at `uv\.lock` needs to be updated",
        "uv.lock is out of date: pyproject.toml, an index or a variable of uv says something else",
        "Run 'uv lock', and commit the file. If it is right as it is, since an index has another "
        "address here, "
        "say BP_UV_FROZEN=true: then it is not compared.",
    ),
    Rule(
        r"Resolving despite existing lockfile due to (?P<why>[^\n]+)(?s:.*)No solution found",
        "uv.lock is out of date: {why}",
        "Take back the setting, or the variable UV_*, that says so, or lock again with it.",
    ),
    Rule(
        r"Failed to parse environment variable `(?P<name>\w+)`[^\n:]*: (?P<why>[^\n]+)",
        "{name} has a value that uv does not understand: {why}",
        "Correct the variable, or remove it.",
    ),
    Rule(
        r"error: Failed to parse: `?(?P<path>[^`\n]+)`?",
        "uv cannot read {path}",
        "The line is in the output above: correct it.",
    ),
    Rule(
        r"Failed to read `--find-links` directory: (?P<path>[^\n]+)|failed to open file `(?P<file>[^`]+)`",
        "{path}{file} does not exist",
        "A variable UV_* or a setting of uv names it: correct that, or see that it is in the build image.",
    ),
    Rule(
        r"platform is not compatible with the lockfile's supported environments: (?P<which>[^\n]+)",
        "uv.lock is only for other systems: {which}",
        "Add this one to [tool.uv] environments, and lock again.",
    ),
    Rule(
        r"Required uv version `(?P<want>[^`]+)` does not match the running version `(?P<have>[^`]+)`",
        "the app requires uv {want} (required-version), this is {have}",
        "strata/uv-tool meets it. With another provider of uv, ask that one for it, or change "
        "required-version.",
    ),
    Rule(
        r"The project is marked as unmanaged",
        "the project is none of uv's: [tool.uv] managed = false",
        "Remove that line, or let pip install the app: BP_PACKAGE_MANAGER=pip.",
    ),
    Rule(
        r"resolved to Python (?P<have>\S+), which is incompatible with the project's Python requirement: "
        r"`(?P<want>[^`]+)`",
        "the project needs Python {want}, this is {have}",
        "Choose the version with .python-version, or change requires-python and lock again.",
    ),
    Rule(
        r"Group `(?P<name>[^`]+)` is not defined",
        "there is no dependency group {name}",
        "Correct BP_UV_GROUPS; the groups are in [dependency-groups] of pyproject.toml.",
    ),
    Rule(
        r"Extra `(?P<name>[^`]+)` is not defined",
        "there is no extra {name}",
        "Correct BP_UV_EXTRAS; the extras are in [project.optional-dependencies] of pyproject.toml.",
    ),
    Rule(
        r"does not have a member (?P<name>[^:\s]+)|Package `(?P<other>[^`]+)` not found in workspace",
        "the workspace has no package {name}{other}",
        "Correct BP_UV_PACKAGE; the packages are those of [tool.uv.workspace] members.",
    ),
    Rule(
        r"(?P<kind>Groups|Extras|Group|Extra)[^\n]* are incompatible with the (?:declared )?conflicts",
        "what is chosen excludes each other ([tool.uv] conflicts)",
        "Leave one of the extras or groups out of BP_UV_EXTRAS and BP_UV_GROUPS.",
    ),
    Rule(
        r"(?:Hash|Size) mismatch for `(?P<name>[^`=]+)[^`]*`",
        "the file of {name} is not the one that uv.lock has",
        "It was changed on its way, by a proxy for instance, or on the index: unless that was on "
        "purpose, do not "
        "trust it. If it was, lock again.",
    ),
    Rule(
        r"(UnknownIssuer|invalid peer certificate|CERTIFICATE_VERIFY_FAILED|certificate verify failed)",
        "the certificate of an index is not trusted",
        "Name the CA in SSL_CERT_FILE, give it as ca.crt of a binding of type pypi, or add it to the "
        "build image.",
    ),
    Rule(
        r"(401 Unauthorized|403 Forbidden|status code: (401|403)|Missing credentials for)",
        "an index refused access",
        "Give the build credentials for its host: a binding of type pypi or netrc, or the variables "
        "UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD.",
    ),
    *REPOSITORY_ACCESS,
    Rule(
        r"Git executable not found|No such file or directory[^\n]*git",
        "git is not in the build image",
        "Use a build image with git, or require a released version instead of a repository.",
    ),
    Rule(
        r"Git operation failed|failed to (clone|fetch) into",
        "a repository could not be cloned",
        "The reason is in the output above. Do address, branch and tag exist, and does the build reach it?",
    ),
    Rule(
        r"Network connectivity is disabled",
        "uv may not ask any index (UV_OFFLINE), and its cache has not got all",
        "Remove UV_OFFLINE.",
    ),
    Rule(
        r"407 Proxy Authentication|proxy.*(refused|unauthorized)",
        "the proxy refused the connection",
        "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
    ),
    Rule(
        r"(error sending request for url|tcp connect error|dns error|Connection refused|operation timed out|"
        r"Request failed after \d+ retries)",
        "an index cannot be reached",
        "Check the network of the build, the addresses of the indexes and the proxy variables, then "
        "try again.",
    ),
    Rule(
        r"HTTP status client error \((?:404|410)[^)]*\) for url \((?P<url>[^)]+)\)",
        "{url} is no longer there",
        "uv.lock names it. Has its index withdrawn the file, or moved it? Then lock again.",
    ),
    Rule(
        r"(?:Distribution|Package) `(?P<name>[^`= ]+)[^`]*`[^\n]* is marked as `(?P<how>--no-b[^`]+)`",
        "{name} may not be installed of the only kind of file that it has ({how})",
        "A variable UV_NO_BINARY... or UV_NO_BUILD..., the setting of that name, or BP_PIP_ONLY_BINARY "
        "forbids it: take that back for this package.",
    ),
    Rule(
        r"(?:Distribution|Package) `(?P<name>[^`= ]+)[^`]*`[^\n]* can't be installed because it (?:doesn't "
        r"have|is marked)"
        r"[^\n]*",
        "{name} has no file for this Python and processor",
        "Choose another version of the package, or a Python for which it has a wheel, and lock again.",
    ),
    Rule(
        r"Distribution not found at: (?P<path>\S+)",
        "{path} does not exist",
        "uv.lock names it. Is it committed, and not excluded from the upload?",
    ),
    Rule(
        r"Failed to build `(?P<name>[^`=@ ]+)[^`]*`",
        "{name} could not be built",
        "The reason is in the output above: choose a version of it that has a wheel for this Python, "
        "or give the "
        "build what it misses: a buildpack for system packages before this one, or another build image.",
    ),
)

# What ``uv pip install`` says, which has no uv.lock.
_PINNED = (
    Rule(
        r"no trusted hash was provided for: `(?P<name>[^`]+)`|"
        r"In `--require-hashes` mode, all requirements must [^\n]*found: (?P<other>\S+)",
        "{name}{other} is required by one of the packages, and no line pins it by hash",
        "What packages require has to be in the file as well. Write it with a tool such as pip-compile "
        "--generate-hashes, for the Python of the app.",
    ),
    Rule(
        r"(?:Hash|Size) mismatch for `(?P<name>[^`]+)`",
        "none of the hashes that are allowed is that of the file of {name}",
        "Most often the hashes were made for other Pythons or processors, or before this file was published: "
        "make them again, for the Python and the processor of the app. If they were made with this file, it "
        "was replaced since: unless that was on purpose, do not trust the index.",
    ),
    Rule(
        r"Because (?P<name>\S+) was not found in the (?:package registry|provided package locations)",
        "no index has {name}, or none that has it lets the build in",
        "Is the name right? If it is private, is PIP_INDEX_URL, PIP_EXTRA_INDEX_URL or a binding of type "
        "pypi there, with the right password? An index that refuses access is to uv one without the package.",
    ),
    Rule(
        r"Because there is no version of (?P<name>[^\s,]+)",
        "no index has {name}",
        "Is the version right, and has it been published on the index that the build asks?",
    ),
    Rule(
        r"Because (?P<name>\S+) has no (?:source distribution|usable wheels|wheels?)",
        "{name} has no file that may be used for this Python and processor",
        "Choose another version of the package, or a Python for which it has a wheel. What --no-binary and "
        "--only-binary leave out does not count (PIP_NO_BINARY, PIP_ONLY_BINARY, BP_PIP_ONLY_BINARY).",
    ),
    Rule(
        r"HTTP status client error \((?:404|410)[^)]*\) for url \((?P<url>[^)]+)\)",
        "{url} is not there",
        "Has its index withdrawn the file, or moved it? Then make the file of requirements again.",
    ),
)


def explain(code: int, output: str, *, locked: bool = True) -> Explanation:
    """Return what is known about a uv that ended with ``code`` (negative: signal) after ``output``.

    ``locked``: it installed from uv.lock.
    """
    return explain_failure("uv", _RULES if locked else (*_PINNED, *_RULES), code, output)
