"""Access to git repositories that bindings give: to the hosts that they name, as long as a command runs.

Types: ``git-credentials`` (entry ``credentials``: what ``git credential fill`` prints, one block for each
host; or user name and password alone, with an entry ``context`` that has the host's address) and ``git-ssh``
(entries ``ssh-privatekey``, ``known_hosts`` and, where these are hashed, ``hosts``). User names and passwords
of package indexes, and netrc files, serve git over HTTP as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_api.bindings import find_bindings
from buildpack_api.errors import ConfigurationError
from buildpack_common.files import write_private
from buildpack_common.known_secrets import KnownSecret
from buildpack_common.parsing import parse_count
from buildpack_common.redaction import hide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from buildpack_api.bindings import Binding

_CREDENTIALS, _SSH = "git-credentials", "git-ssh"
GIT_BINDINGS = {
    _CREDENTIALS: "`credentials`: what `git credential` reads, `protocol=`, `host=`, `username=`, `password=`"
    " on lines of their own, an empty line between hosts; or only the last two, and `context`, the address of"
    " the host",
    _SSH: "`ssh-privatekey`, `known_hosts`; where the names in it are hashed, `hosts` with blanks between",
}
"""The types of bindings for git repositories, and what the entries of each are."""
_KEY, _KNOWN_HOSTS, _HOSTS = "ssh-privatekey", "known_hosts", "hosts"
_PROTOCOLS = ("https", "http")
# A credential helper (gitcredentials, 'Custom helpers'): git tells it protocol and host. Files are
# named by both; a name that ends with " *" is for any port.
_HELPER = """\
#!/bin/sh
[ "$1" = get ] || exit 0
while IFS= read -r line && [ -n "$line" ]; do
    case $line in
        protocol=*) protocol=${line#*=} ;;
        host=*) host=${line#*=} ;;
    esac
done
case $protocol$host in */* | '') exit 0 ;; esac
for name in "$protocol $host" "$protocol ${host%:*} *"; do
    if [ -f "${0%/*}/$name" ]; then exec cat "${0%/*}/$name"; fi
done
"""


@dataclass(frozen=True)
class GitLogin:
    """User name and password for a host, which may have a port; ``any_port``: they are for all ports."""

    protocol: str
    host: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    any_port: bool = False

    @property
    def file_name(self) -> str:
        """Where the credential helper looks for it."""
        return f"{self.protocol} {self.host}{' *' if self.any_port else ''}"


@dataclass(frozen=True)
class SshKey:
    """A private key for the hosts whose public keys are known."""

    binding: str
    hosts: tuple[str, ...]
    private: bytes = field(repr=False)
    known_hosts: bytes = field(repr=False)


@dataclass(frozen=True)
class GitAccess:
    """What the bindings give to git; ``names`` are the bindings."""

    names: tuple[str, ...] = ()
    logins: tuple[GitLogin, ...] = field(default=(), repr=False)
    keys: tuple[SshKey, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.logins or self.keys)

    def variables(self, base: Mapping[str, str], directory: Path) -> dict[str, str]:
        """Return the variables that make git use it; its files come into ``directory``, for nobody else."""
        found = {"GIT_TERMINAL_PROMPT": "0"} if self else {}
        if self.logins:
            folder = directory / "git"
            folder.mkdir(0o700)
            for login in reversed(self.logins):  # of equals the first counts
                text = f"username={login.username}\npassword={login.password}\n"
                write_private(folder / login.file_name, text.encode(), again=True)
            helper = write_private(folder / "helper", _HELPER.encode(), mode=0o700)
            found |= _with_configuration(base, "credential.helper", helper)
        if self.keys:
            found["PATH"] = _ssh_first(
                base.get("PATH", ""), _ssh_configuration(self.keys, directory), directory
            )
        return found

    def secrets(self) -> tuple[KnownSecret, ...]:
        """Return what nobody may find afterwards."""
        logins = [
            KnownSecret(one.password, f"the credentials for {one.host}")
            for one in self.logins
            if one.password
        ]
        # A line of a key is as good as the key to know it by.
        lines = [
            (one.binding, max(one.private.decode("ascii", "replace").split(), key=len)) for one in self.keys
        ]
        return (*logins, *(KnownSecret(line, f"the binding {name!r}") for name, line in lines))


def read_git_access(bindings: Iterable[Binding], environment: Mapping[str, str]) -> GitAccess:
    """Read the bindings of both types.

    Raises ConfigurationError, without any secret, for an entry that is missing or cannot be used, and if
    GIT_SSH_COMMAND or GIT_SSH is set besides a key.
    """
    bindings = tuple(bindings)
    credentials, ssh = (find_bindings(bindings, kind) for kind in (_CREDENTIALS, _SSH))
    for name in ("GIT_SSH_COMMAND", "GIT_SSH") if ssh else ():
        if environment.get(name):
            raise ConfigurationError(
                f"{name} is set, and there is a binding of type {_SSH}",
                detail=f"The binding is {ssh[0].name!r}.",
                advice="Keep one of them.",
            )
    return GitAccess(
        tuple(one.name for one in (*credentials, *ssh)),
        tuple(login for one in credentials for login in _logins(one)),
        tuple(_key(one) for one in ssh),
    )


def any_protocol(host: str, username: str, password: str) -> tuple[GitLogin, ...]:
    """Return what an entry of a netrc file means: any port, with TLS or without; nothing without a host."""
    if not re.fullmatch(r"[A-Za-z0-9._:-]+", host):
        return ()
    return tuple(GitLogin(one, host, username, password, any_port=True) for one in _PROTOCOLS)


def _logins(binding: Binding) -> list[GitLogin]:
    text = binding.read("credentials").decode("utf-8", "replace")
    context = _context(binding)
    found = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        entries = {**context, **dict(line.partition("=")[::2] for line in block.splitlines())}
        hide(entries.get("password", ""))
        missing = [name for name in ("protocol", "host", "username", "password") if not entries.get(name)]
        if missing or entries["protocol"] not in _PROTOCOLS or "/" in entries["host"]:
            raise ConfigurationError(
                f"The entry 'credentials' of the binding {binding.name!r} is not what git reads",
                detail=f"Missing: {', '.join(missing)}." if missing else "Its protocol or host is none.",
                advice="Write for each host four lines, with an empty one between hosts:\n"
                "  protocol=https\n  host=git.example.com\n  username=...\n  password=...\n"
                "Or the last two of them, and an entry 'context' with https://git.example.com",
            )
        found.append(GitLogin(*(entries[name] for name in ("protocol", "host", "username", "password"))))
    return found


def _context(binding: Binding) -> dict[str, str]:
    """Return the protocol and host for which all of the binding is, if it says so."""
    if "context" not in binding.secrets:
        return {}
    address = binding.read("context").decode("utf-8", "replace").strip()
    found = re.fullmatch(r"(?P<protocol>https?)://(?P<host>[^/@?#\s]+)/?", address)
    if found is None:
        raise _error(
            binding,
            "has an entry 'context' that is no address of a host",
            "Write protocol and host, and a port if there is one: https://git.example.com",
        )
    return found.groupdict()


def _key(binding: Binding) -> SshKey:
    private = binding.read(_KEY).replace(b"\r\n", b"\n").rstrip() + b"\n"
    if not re.match(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\n", private):
        raise _error(binding, f"has no private key in its entry {_KEY!r}", "It begins with -----BEGIN.")
    if b"ENCRYPTED" in private:
        raise _error(binding, "has a key with a passphrase", "Nobody is there to type it: use one without.")
    if _KNOWN_HOSTS not in binding.secrets:
        raise _error(
            binding,
            f"has no entry {_KNOWN_HOSTS!r}",
            "The key goes only to hosts that are known. Add their public keys, as they publish them "
            "or as 'ssh-keyscan HOST' prints them (compare these with what the host publishes).",
        )
    known = binding.read(_KNOWN_HOSTS)
    hosts = binding.read(_HOSTS).decode("utf-8", "replace").split() if _HOSTS in binding.secrets else []
    hosts = hosts or _hosts(known)
    wrong = [host for host in hosts if not re.fullmatch(r"[A-Za-z0-9.:_*?-]+", host)]
    if not hosts or wrong:
        raise _error(
            binding,
            f"does not say which hosts its entry {_KNOWN_HOSTS!r} is for",
            f"Where their names are hashed, list them in an entry {_HOSTS!r}, with blanks between.",
        )
    return SshKey(binding.name, tuple(dict.fromkeys(hosts)), private, known.rstrip() + b"\n")


def _hosts(known: bytes) -> list[str]:
    """Return the names in a known_hosts file that are not hashed (sshd(8), 'SSH_KNOWN_HOSTS FILE FORMAT')."""
    lines = (line.split() for line in known.decode("utf-8", "replace").splitlines())
    fields = [line[0] for line in lines if len(line) > 2 and not line[0].startswith(("#", "|", "@"))]  # noqa: PLR2004
    names = [name for one in fields for name in one.split(",")]
    return [re.sub(r"^\[(.*)\](:\d+)?$", r"\1", name) for name in names]


def _ssh_configuration(keys: Iterable[SshKey], directory: Path) -> str:
    """Write it with what it names: each key for its hosts, whose own keys must be known."""
    folder = directory / "ssh"
    folder.mkdir(0o700)
    lines = list[str]()
    for number, key in enumerate(keys):
        private = write_private(folder / f"key-{number}", key.private)
        known = write_private(folder / f"known-{number}", key.known_hosts)
        lines += [f"Host {' '.join(key.hosts)}", f'IdentityFile "{private}"', f'UserKnownHostsFile "{known}"']
    lines += [
        "Host *", "IdentitiesOnly yes", "StrictHostKeyChecking yes", "UpdateHostKeys no", "BatchMode yes",
        "UserKnownHostsFile /dev/null",
    ]  # fmt: skip
    return write_private(folder / "config", "\n".join([*lines, ""]).encode())


def _ssh_first(path: str, configuration: str, directory: Path) -> str:
    """Return ``path`` with an ssh before all others that reads this configuration.

    GIT_SSH_COMMAND would do, but pip sets it itself where nobody can be asked for a password.
    """
    import shlex  # only for those who have a key
    import shutil

    program = shutil.which("ssh", path=path)
    if program is None:
        return path  # git says so
    folder = directory / "bin"
    folder.mkdir(0o700)
    script = f'#!/bin/sh\nexec {shlex.join((program, "-F", configuration))} "$@"\n'
    write_private(folder / "ssh", script.encode(), mode=0o700)
    return f"{folder}:{path}"


def _with_configuration(base: Mapping[str, str], key: str, value: str) -> dict[str, str]:
    """Add to what the user says with GIT_CONFIG_COUNT (git-config(1), 'ENVIRONMENT')."""
    count = base.get("GIT_CONFIG_COUNT", "")
    number = parse_count(count) or 0
    return {
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": key,
        f"GIT_CONFIG_VALUE_{number}": value,
    }


def _error(binding: Binding, what: str, advice: str) -> ConfigurationError:
    return ConfigurationError(f"The binding {binding.name!r} of type {binding.type!r} {what}", advice=advice)
