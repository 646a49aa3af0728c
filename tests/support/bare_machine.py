"""A machine with nothing but what the README asks for: a Debian below a directory, without containers.

Its root file system is made of Debian packages once and kept in the cache. What runs in it is an ordinary
user's, in a clone of this repository whose path has a blank, with this machine's network and its settings for
package registries.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_testing.cnb.base_images import BaseImageRecipe, ensure_tar
from support.main_job import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SUITES = ("bookworm", "trixie")
BUILDPACKS = tuple(sorted((Path(__file__).parents[2] / "buildpacks").glob("*/buildpack.toml")))
USER = 1000
HOME = Path("/home/dev")
CHECKOUT = HOME / "a checkout"
SOURCE = Path("/srv/source.git")
AUTHORITIES = Path("/etc/machine-authorities.pem")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

NEEDED = ("python3", "python3-venv", "git", "ca-certificates")
"""What the README asks for."""
# Part of the smallest Debian that is installed, but not marked as essential.
_BASE = ("apt", "mount")
_SET_UP = f"""
printf 'dev:x:{USER}:{USER}::{HOME}:/bin/sh\\n' >>"$1/etc/passwd"
printf 'dev:x:{USER}:\\n' >>"$1/etc/group"
mkdir "$1{HOME}" && chown {USER}:{USER} "$1{HOME}"
"""
# What tells clients which registries there are and how to get there.
_SETTING = re.compile(
    r"(PIP_(?!FIND_LINKS|CONFIG_FILE|CACHE_DIR|PYTHON|USER|TARGET|PREFIX|REQUIRE).*|UV_(DEFAULT_)?INDEX(_URL)?"
    r"|GO(PROXY|SUMDB|NOSUMDB|NOPROXY|PRIVATE|INSECURE|FLAGS)|(HTTPS?|ALL|NO)_PROXY)",
    re.IGNORECASE,
)
_AUTHORITIES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")
# All mounts are gone with the last process. Not chroot: it takes away what ordinary users may do otherwise,
# namespaces.
_ENTER = """
set -e
root=$1 user=$2 directory=$3
shift 3
mount --bind "$root" "$root"
mkdir -p "$root/dev" "$root/proc" "$root/.old"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cd "$root"
pivot_root . .old
umount --lazy /.old
rmdir /.old
cd "$directory"
exec setpriv --reuid "$user" --regid "$user" --clear-groups --inh-caps=-all --bounding-set=-all "$@"
"""
# Starts the rest of the command line in a network of its own, where loopback is all there is.
_CODE = (
    "import fcntl, os, socket, struct, sys; "
    "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'lo', 0x41)); "  # SIOCSIFFLAGS
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
WITHOUT_NETWORK = f'unshare --net --map-root-user python3 -c "{_CODE}"'


@dataclass(frozen=True)
class Counts:
    """How the tests of a session ended."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    errors: int = 0

    @property
    def share(self) -> float:
        """What part of all that were collected has passed."""
        return self.passed / max(1, self.passed + self.failed + self.skipped + self.errors)


@dataclass(frozen=True)
class Run:
    """A command that has ended: its exit code, and what it said on both channels."""

    code: int
    said: str

    def session(self, name: str) -> str:
        """Return what a session of nox said. Raises AssertionError when it was not run, or not successful."""
        said = re.search(
            rf"^nox > Running session {re.escape(name)}$(.*?)^nox > Session {re.escape(name)} was successful",
            self.said, re.MULTILINE | re.DOTALL,
        )  # fmt: skip
        assert said is not None, self.end()
        return said[1]

    def counts(self, session: str) -> Counts:
        """Return how the tests of a session ended, from pytest's last line."""
        *_, last = re.findall(
            r"^.*\b(?:passed|failed|skipped)\b.* in [\d.]+s.*$", self.session(session), re.MULTILINE
        )
        found = {
            word.rstrip("s") if word == "error" else word: int(n)
            for n, word in re.findall(r"(\d+) ([a-z]+)", last)
        }
        return Counts(
            found.get("passed", 0), found.get("failed", 0), found.get("skipped", 0),
            found.get("errors", 0) + found.get("error", 0),
        )  # fmt: skip

    def skipped(self) -> list[str]:
        """Return why tests were skipped, as pytest says it."""
        return re.findall(r"^SKIPPED \[\d+\] (.*)$", self.said, re.MULTILINE)

    def end(self, lines: int = 60) -> str:
        """Return the last lines."""
        return "\n".join(self.said.splitlines()[-lines:])


@dataclass(frozen=True)
class BareMachine:
    """The root file system, and the variables that everything started in it gets."""

    root: Path
    environment: Mapping[str, str]

    def run(self, command: str, *, directory: Path = CHECKOUT, log: Path | None = None) -> Run:
        """Run a line of sh as the ordinary user; what it says goes to the end of a file, too, as it comes."""
        arguments = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private")
        process = subprocess.Popen(
            [*arguments, "sh", "-c", _ENTER, "sh", self.root, str(USER), directory, "sh", "-c", command],
            env=dict(self.environment), text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        lines = []
        with process, (log or Path(os.devnull)).open("a") as file:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                file.write(line)
                file.flush()
        return Run(process.returncode, "".join(lines))


def packages(machine: BareMachine) -> list[str]:
    """Return the names of the files that packages are, one for each buildpack and processor."""
    return sorted(path.name for path in (machine.root / CHECKOUT.relative_to("/") / "dist").glob("*.cnb"))


@contextmanager
def bare_machine(suite: str, directory: Path) -> Iterator[BareMachine]:
    """Make a machine with a suite of Debian below a missing directory; in it is a clone of HEAD."""
    root = directory / "root"
    root.mkdir(parents=True)
    recipe = BaseImageRecipe(f"bare-{suite}", (*_BASE, *NEEDED), suite=suite, excluded=(), set_up=_SET_UP)
    command = ("tar", "--extract", "--numeric-owner", "--directory", root, "--file", ensure_tar(recipe))
    try:
        subprocess.run(command, check=True)
        for name in ("etc/resolv.conf", "etc/hosts"):
            shutil.copyfile(Path("/", name), root / name)
        machine = BareMachine(root, _environment(root))
        _clone(machine)
        yield machine
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _clone(machine: BareMachine) -> None:
    source = machine.root / SOURCE.relative_to("/")
    subprocess.run(["git", "clone", "--quiet", "--bare", ROOT, source], check=True)
    for path in (source, *source.rglob("*")):
        os.chown(path, USER, USER)
    cloned = machine.run(f"git clone --quiet '{SOURCE}' '{CHECKOUT}'", directory=HOME)
    assert cloned.code == 0, cloned.said


def _environment(root: Path) -> dict[str, str]:
    """Return the variables of the user, and copy the certificate authorities that they name."""
    settings = {**_of_pip(), **_of_go(), **{k: v for k, v in os.environ.items() if _SETTING.fullmatch(k)}}
    named = {**settings, **os.environ}
    for name in _AUTHORITIES:
        if file := named.get(name):
            shutil.copyfile(file, root / AUTHORITIES.relative_to("/"))
            settings[name] = str(AUTHORITIES)
    return settings | {"HOME": str(HOME), "USER": "dev", "LANG": "C.UTF-8", "PATH": PATH}


def _of_pip() -> dict[str, str]:
    """Return the settings of this machine's files of pip as variables."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.findall(r"^global\.([\w-]+)='(.*)'$", listed, re.MULTILINE)
    named = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in found}
    return {name: value for name, value in named.items() if _SETTING.fullmatch(name)}


def _of_go() -> dict[str, str]:
    """Return the settings of this machine's Go for modules as variables."""
    if shutil.which("go") is None:
        return {}
    names = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOINSECURE")
    answer = subprocess.run(["go", "env", "-json", *names], capture_output=True, text=True, check=True).stdout
    return {name: value for name, value in json.loads(answer).items() if value}
