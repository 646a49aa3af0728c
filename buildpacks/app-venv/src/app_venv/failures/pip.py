"""The commonest failures of ``pip install``, recognised in its output, with a cause and a next step."""

from __future__ import annotations

from app_venv.failures.building import (
    REPOSITORY_ACCESS,
    Explanation,
    Rule,
    explain_failure,
)

_SOURCE = (
    "The reason is in the output above. Choose a version of the package that has a wheel for this Python, or "
    "give the build what it misses: a buildpack for system packages before this one, or another build image."
)
# What pip says of the first file: requirement, address, where it was asked for.
_MISMATCH = (
    r"THESE PACKAGES DO NOT MATCH THE HASHES[^\n]*\n"
    r"[^\n]* from \S*?(?P<file>[^/\s#?]+\.\w+)(?:\?[^\s#]*)?(?=[#\s]|:\n)"
)
_UNKNOWN_FILE = (
    "Most often the hashes were made for other Pythons or processors, or before this file was published: "
    "make them again, for the Python and the processor of the app. If they were made with this file, it was "
    "replaced since: unless that was on purpose, do not trust the index."
)
# The first that fits is the answer: causes come before the errors that they lead to.
_RULES = (
    # Its address ends with the hash that the index promises; this one is allowed, but the file has another.
    Rule(
        _MISMATCH + r"#(?P<kind>\w+)=(?P<promised>\w+)[^\n]*\n"
        r"(?: +Expected[^\n]*\n)*? +Expected +(?:(?P=kind)|or) +(?P=promised)\n",
        "{file} is not the file that its index promises",
        "It was changed on its way, by a proxy for instance, or on the index. Try again; if that does not "
        "help, do not trust the file, and ask those who run the index.",
    ),
    # A lock says the hash of each file.
    Rule(
        _MISMATCH + r"[^\n]*\(from (?P<lock>[^()\n]*\bpylock\.[^()\n]*toml)\)",
        "{file} is not the file that {lock} was made with",
        "It was changed on its way, by a proxy for instance, or replaced where it comes from. Try again; if "
        "it was replaced on purpose, make the lock again, else do not trust the file.",
    ),
    Rule(_MISMATCH, "none of the hashes that are allowed is that of {file}", _UNKNOWN_FILE),
    Rule(
        r"THESE PACKAGES DO NOT MATCH THE HASHES",
        "a file has none of the hashes that are allowed",
        _UNKNOWN_FILE,
    ),
    Rule(
        r"Hashes are required in --require-hashes mode|In --require-hashes mode, all requirements must have",
        "some requirements have hashes and some have not",
        "Once one has, pip wants an exact version and a hash for all, dependencies included. Write the file "
        "with a tool such as pip-compile --generate-hashes.",
    ),
    Rule(
        r"Can't verify hashes for these",
        "a directory or a version control address cannot be checked by hash",
        "Leave the hashes out of the file, or publish the package and name its version.",
    ),
    Rule(
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "the certificate of the index is not trusted",
        "Name the CA in PIP_CERT, give it as ca.crt of a binding of type pypi, or add it to the build image.",
    ),
    Rule(
        r"401 Client Error|401 Error|403 Client Error|WARNING: .*Credentials not correct|User for \S+:",
        "the index refused access",
        "Check username and password of the binding of type pypi, or those in PIP_INDEX_URL or "
        "PIP_EXTRA_INDEX_URL, where special characters are written as %XX.",
    ),
    Rule(
        r"version https://git-lfs\.github\.com/spec",
        "a file of the app is a pointer of Git LFS, not the file itself",
        "Fetch the files (git lfs pull) before the app is uploaded, or keep such files out of Git LFS.",
    ),
    Rule(
        r"due to an OSError: \[Errno 2\] No such file or directory: '(?P<path>[^']+)'",
        "{path} does not exist",
        "A requirement names it. Lines such as 'name @ file:///...' are for the machine that wrote the file "
        "(pip freeze, Conda): write name==version instead.",
    ),
    # As git clone takes it, and pip does not: host:path, where host/path is meant.
    Rule(
        r"No connection adapters were found for '(?P<address>[\w.-]+:[^'/][^']*)'|"
        r"Invalid requirement: '?(?P<text>git\+[\w.-]+@[\w.-]+:[^'\s]*)|"
        r"git clone [^\n]*'(?P<ssh>ssh://[^/']*:[^/'\d][^']*)'",
        "the address of a repository is written as git clone takes it: {address}{text}{ssh}",
        "Write git+ssh://git@host/owner/name.git, with a slash after the host, or git+https://host/owner/name.git",
    ),
    *REPOSITORY_ACCESS,
    Rule(
        r"git (clone|fetch|checkout)[^\n]* did not run successfully",
        "a repository could not be cloned",
        "The reason is in the output above. Do address, branch and tag exist, and does the build reach it?",
    ),
    Rule(
        r"407 Proxy Authentication|Cannot connect to proxy|ProxyError",
        "the proxy refused the connection",
        "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
    ),
    Rule(
        r"NewConnectionError|Failed to establish a new connection|NameResolutionError|ConnectTimeoutError|"
        r"Read timed out|Connection refused|Temporary failure in name resolution|Network is unreachable|"
        r"Max retries exceeded|RemoteDisconnected|IncompleteRead|didn.t respond within|Failed to connect to",
        "the package index cannot be reached",
        "Check the network of the build, PIP_INDEX_URL and the proxy variables, then try again.",
    ),
    Rule(
        r"The repository located at (?P<host>\S+) is not a trusted or secure host",
        "pip ignores the index at {host}, whose address begins with http:",
        "Use its https: address; if there is none and the network is safe, set PIP_TRUSTED_HOST to {host}.",
    ),
    Rule(
        r"Could not open (requirements|constraints?) file: .*No such file or directory: '(?P<file>[^']+)'",
        "{file} does not exist",
        "A requirements file includes it with -r or -c, or PIP_CONSTRAINT names it. Names count from the "
        "file that includes them.",
    ),
    Rule(
        r"Constraints cannot have extras",
        "a constraint has extras, which pip does not take",
        "Leave out what is in brackets, in the file that -c or PIP_CONSTRAINT names.",
    ),
    Rule(
        r"An error occurred during configuration: option (?P<option>[\w-]+): (?P<why>[^\n]*?)\. Check your",
        "the setting {option} of pip is no proper value: {why}",
        "Correct the variable (PIP_...) or the line of the configuration file (pip.conf) that sets it.",
    ),
    Rule(
        r"(?m)^(?:ERROR: )?--(?P<option>[\w-]+) error: (?P<why>[^\n]*)",
        "the setting {option} of pip is no proper value: {why}",
        "Correct the variable (PIP_...) or the line of the configuration file (pip.conf) that sets it.",
    ),
    Rule(
        r"Could not find a suitable TLS CA certificate bundle, invalid path: (?P<path>[^\n]+)",
        "there are no certificates at {path}",
        "PIP_CERT, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE names it. A binding of type "
        "ca-certificates brings certificates without a path.",
    ),
    Rule(
        r"no such option: (?P<option>--(?:global|install)-option)",
        "a requirements file has an option that pip has no more: {option}",
        "Leave it out. What the build backend of the package is to know goes into --config-settings.",
    ),
    Rule(
        r"[Aa]llowed hash algorithms for --hash|Invalid requirement: [^\n]* --hash=(?!sha(?:256|384|512):)",
        "a hash is none of those that pip takes",
        "It takes sha256, sha384 and sha512, written as --hash=sha256:... Leave others (md5, sha1) out.",
    ),
    Rule(
        r"no such option: (?P<option>\S+)",
        "a requirements file has an option that pip does not know: {option}",
        "Correct the line that pip names above.",
    ),
    Rule(
        r"Invalid URL '(?P<address>[^']*)': No scheme supplied|"
        r"No connection adapters were found for '(?P<other>[^']*)'",
        "{address}{other} is no address that pip can fetch",
        "Write https://... or, for a file of the app, its path alone on the line: ./wheels/name-1.0.tar.gz",
    ),
    Rule(
        r"It looks like a path\. (The path|File) '(?P<path>[^']+)' does not exist",
        "{path} does not exist",
        "A requirement names it. Is it spelt exactly so, committed, and not excluded from the upload? Names "
        "count from the top directory of the app.",
    ),
    Rule(
        r"(?<!\S)(?P<path>\S+) is not a valid editable requirement",
        "{path} cannot be installed as editable",
        "It has to be a directory of the app with a pyproject.toml or a setup.py, or the address of a "
        "repository. Is it committed, and not excluded from the upload?",
    ),
    Rule(
        r"Directory '(?P<path>[^']+)' is not installable|"
        r"file://(?P<editable>\S+)[^\n]* does not appear to be a Python project",
        "{path}{editable} has neither a pyproject.toml nor a setup.py",
        "Name the directory that has one, or leave it out: the app's own modules need not be installed.",
    ),
    Rule(
        r'The index url "(?P<url>[^"]*)" seems invalid',
        "an index has no proper address: {url}",
        "If a variable is part of it, that must be set for the build.",
    ),
    Rule(
        r"Invalid wheel filename|Wheel '[^']*' located at .+ is invalid|File is not a zip file|BadZipFile",
        "a file is no proper wheel",
        "Was it renamed, cut short, or is it a pointer of Git LFS? Put the original in its place.",
    ),
    Rule(
        r"Invalid requirement: ['\"]?(?P<text>(?<=\")[^\"\n]+|[^'\n]+)",
        "a line is not a requirement: {text}",
        "Correct the line that pip names above.",
    ),
    Rule(
        r"Cannot select requirements from pylock file '(?P<file>[^']+)': No wheel found matching .*"
        r"for package '(?P<name>[^']+)'",
        "{file} has no file of {name} that fits this Python and processor",
        "Lock again for the Python of the app and the machine that it runs on (pip lock locks for the Python "
        "that runs it), or choose the Python that was locked for in .python-version.",
    ),
    Rule(
        r"Cannot find command 'git'",
        "git is not in the build image",
        "Use a build image with git, or require a released version instead of a repository.",
    ),
    Rule(
        r"ResolutionImpossible|conflicting dependencies",
        "some requirements exclude each other",
        "pip lists above which package asks for what. Loosen one of the versions.",
    ),
    Rule(
        r"is not a supported wheel on this platform",
        "a wheel was made for another Python, system or processor",
        "Name a wheel that fits, or the package and version instead of a file.",
    ),
    Rule(
        r"nstalling build dependencies for (?P<name>\S+) did not run successfully[\s\S]*"
        r"No matching distribution found for (?P<need>\S+)",
        "{name} has to be built from source, and the index has no {need}, which that needs",
        "Offer it on the index, or choose a version of the package that has a wheel for this Python.",
    ),
    Rule(
        r"nstalling build dependencies did not run successfully[\s\S]*"
        r"No matching distribution found for (?P<need>[^\s│]+)[\s\S]*Failed to build 'file:",
        "a project of the app has to be built, and the index has no {need}, which that needs",
        "Offer it on the index, or correct [build-system] requires in its pyproject.toml (without such a "
        "table it is setuptools).",
    ),
    Rule(
        r"Cannot import build backend '(?P<name>[^']*)'[\s\S]*Failed to build 'file:",
        "a project of the app has a build backend that cannot be imported: {name}",
        "Name the package that has it in [build-system] requires of its pyproject.toml, or correct "
        "build-backend. If nothing need be built, BP_PIP_PROJECT=dependencies installs what it depends on.",
    ),
    Rule(
        r"Failed to build 'file:|generating package metadata\.\s+\S*> from file:",
        "a project of the app could not be built",
        "The reason is in the output above. What its build needs is to be in [build-system] requires of its "
        "pyproject.toml.",
    ),
    Rule(
        r"(?:Failed to build '|Failed building wheel for |"
        r"Encountered error while generating package metadata\.\s+\S*> )(?P<name>[\w.-]+)",
        "{name} has no wheel for this Python and could not be built from source",
        _SOURCE,
    ),
    Rule(
        r"Failed to build|error: command .* failed|subprocess-exited-with-error|metadata-generation-failed",
        "a package has no wheel for this Python and could not be built from source",
        _SOURCE,
    ),
    Rule(
        r"(?m)No matching distribution found for (?P<line>python(?:[^\w.\n-][^\n]*)?)$",
        "Python itself is no package: {line}",
        "Remove the line. A file .python-version, or requires-python in pyproject.toml, chooses Python.",
    ),
    Rule(
        r"No matching distribution found for (?P<line>pkg[-_]resources==0\.0\.0)",
        "there is no package {line}",
        "pip freeze of some Debian and Ubuntu releases writes it by mistake: remove the line.",
    ),
    Rule(
        r"Ignored the following versions that require a different python version[\s\S]*"
        r"No matching distribution found for (?P<name>\S+)",
        "no version of {name} that is allowed supports this Python",
        "Choose another version of the package or of Python.",
    ),
    Rule(
        r"satisfies the requirement (?P<name>\S+).*\(from versions: (?!none\))[^)]*\)",
        "the index has no {name} for this Python, but other versions",
        "Choose one of the versions that pip lists above, or a Python for which the wanted one was made.",
    ),
    Rule(
        r"No matching distribution found for (?P<name>\S+)",
        "the index has no {name} for this Python",
        "Is the name right? If it is private, is PIP_INDEX_URL, PIP_EXTRA_INDEX_URL or a binding of type "
        "pypi there? Files that are only for other Pythons, systems or processors do not count.",
    ),
    Rule(
        r"requires a different Python: (?P<have>\S+) not in (?P<want>'[^']+')",
        "a package needs Python {want}, this is {have}",
        "Choose another version of the package or of Python.",
    ),
)


def explain(code: int, output: str) -> Explanation:
    """Return what is known about a pip that ended with ``code`` (negative: signal) after ``output``."""
    return explain_failure("pip", _RULES, code, output)
