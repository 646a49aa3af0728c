"""Bindings for git: what the real git and the real ssh make of them, and what is refused."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_api.bindings import Binding
from buildpack_api.errors import ConfigurationError
from buildpack_api.git_access import GitAccess, any_protocol, read_git_access
from buildpack_common.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "s3cret =of the:host"
CREDENTIALS = f"protocol=https\nhost=git.example:8443\nusername=me\npassword={SECRET}\n"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
KNOWN = "git.example,10.0.0.1 ssh-ed25519 AAAA\n[other.example]:2222 ssh-ed25519 BBBB\n# comment\n"
HASHED = "|1|abc=|def= ssh-ed25519 AAAA\n"
PATH = {
    "PATH": os.environ.get("PATH", os.defpath),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def binding(root: Path, kind: str, **entries: str) -> Binding:
    directory = root / f"binding-{len(list(root.iterdir()))}"
    directory.mkdir()
    names = {key: key.replace("private_key", "ssh-privatekey") for key in entries}
    for key, text in entries.items():
        (directory / names[key]).write_text(text)
    return Binding(directory.name, kind, "", {name: directory / name for name in names.values()})


def asked(access: GitAccess, directory: Path, address: str, base: Mapping[str, str] = PATH) -> dict[str, str]:
    """Return what git would send to a host: its own answer."""
    done = subprocess.run(
        ["git", "credential", "fill"],
        env={**base, **access.variables(base, directory)},
        input=f"url={address}\n\n",
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (line.partition("=") for line in done.stdout.splitlines())
    return {name: value for name, _, value in lines if name in ("username", "password")}


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("https://git.example:8443/a/b.git", True),
        ("https://git.example/a", False),
        ("https://git.example:8444/a", False),
        ("http://git.example:8443/a", False),
        ("https://other.example:8443/a", False),
        ("https://xgit.example:8443/a", False),
    ],
)
def test_credentials_go_to_the_host_that_they_name_and_to_no_other(
    tmp_path: Path, address: str, *, known: bool
) -> None:
    (tmp_path / "run").mkdir()
    access = read_git_access([binding(tmp_path, "git-credentials", credentials=CREDENTIALS)], {})
    answer = asked(access, tmp_path / "run", address)
    assert answer == ({"username": "me", "password": SECRET} if known else {})


def test_the_host_may_be_in_an_entry_of_its_own(tmp_path: Path) -> None:
    """As other buildpacks have this type."""
    (tmp_path / "run").mkdir()
    login = f"username=me\npassword={SECRET}\n"
    one = binding(tmp_path, "git-credentials", credentials=login, context="https://git.example:8443\n")
    access = read_git_access([one], {})
    assert asked(access, tmp_path / "run", "https://git.example:8443/a")["password"] == SECRET


def test_what_a_netrc_file_has_is_for_any_port(tmp_path: Path) -> None:
    access = GitAccess(logins=any_protocol("git.example", "me", SECRET))
    for number, address in enumerate(("https://git.example/a", "http://git.example:81/a")):
        (tmp_path / f"{number}").mkdir()
        assert asked(access, tmp_path / f"{number}", address)["password"] == SECRET


def test_what_is_no_host_in_a_netrc_file_is_passed_over() -> None:
    assert any_protocol("a/../b", "me", SECRET) == ()


def test_several_hosts_and_what_the_user_configures_himself(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    text = f"{CREDENTIALS}\n\n{CREDENTIALS.replace('git.example:8443', 'second.example')}"
    access = read_git_access([binding(tmp_path, "git-credentials", credentials=text)], {})
    base = {**PATH, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "x"}
    assert asked(access, tmp_path / "run", "https://second.example/a", base)["username"] == "me"
    (tmp_path / "again").mkdir()
    variables = {**base, **access.variables(base, tmp_path / "again")}
    done = subprocess.run(["git", "config", "user.name"], env=variables, capture_output=True, check=True)
    assert done.stdout == b"x\n"


def test_nobody_else_can_read_the_files(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    bindings = [
        binding(tmp_path, "git-credentials", credentials=CREDENTIALS),
        binding(tmp_path, "git-ssh", private_key=KEY, known_hosts=KNOWN),
    ]
    variables = read_git_access(bindings, {}).variables({}, tmp_path / "run")
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o77 == 0 for path in (tmp_path / "run").rglob("*"))
    assert SECRET not in str(variables)
    assert SECRET not in repr(read_git_access(bindings, {}))
    assert "b3BlbnNzaC1" not in repr(read_git_access(bindings, {}))
    assert SECRET not in redact(f"git said {SECRET}")


def test_a_key_is_for_the_hosts_whose_keys_are_known(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    second = KNOWN.replace("git.example", "third.example").replace("other.example", "fourth.example")
    bindings = [
        binding(tmp_path, "git-ssh", private_key=KEY, known_hosts=KNOWN),
        binding(tmp_path, "git-ssh", private_key=KEY.replace("b3Bl", "c3Bl"), known_hosts=second),
    ]
    (tmp_path / "ssh").write_text('#!/bin/sh\necho "$2"\n')
    (tmp_path / "ssh").chmod(0o755)
    base = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    variables = read_git_access(bindings, {}).variables(base, tmp_path / "run")
    asked = subprocess.run(["ssh", "host"], env=variables, capture_output=True, text=True, check=True)
    lines = Path(asked.stdout.strip()).read_text().splitlines()
    assert lines[0] == "Host git.example 10.0.0.1 other.example"
    assert lines[3].startswith("Host third.example ")
    assert lines.index("Host *") == 6
    assert lines[7:] == [
        "IdentitiesOnly yes",
        "StrictHostKeyChecking yes",
        "UpdateHostKeys no",
        "BatchMode yes",
        "UserKnownHostsFile /dev/null",
    ]
    first, other = (Path(line.split('"')[1]) for line in (lines[1], lines[4]))
    assert first.read_text() == KEY
    assert other.read_text() != KEY


@pytest.mark.parametrize(
    ("kind", "entries", "said"),
    [
        ("git-ssh", {"private_key": KEY}, "has no entry 'known_hosts'"),
        ("git-ssh", {"private_key": KEY}, "ssh-keyscan HOST"),
        ("git-ssh", {"known_hosts": KNOWN}, "has no entry 'ssh-privatekey'"),
        ("git-ssh", {"private_key": "x", "known_hosts": KNOWN}, "has no private key"),
        ("git-ssh", {"private_key": KEY.replace("b3", "ENCRYPTED"), "known_hosts": KNOWN}, "a passphrase"),
        ("git-ssh", {"private_key": KEY, "known_hosts": HASHED}, "list them in an entry 'hosts'"),
        ("git-ssh", {"private_key": KEY, "known_hosts": HASHED, "hosts": "a\nProxyCommand=x"}, "which hosts"),
        ("git-credentials", {}, "has no entry 'credentials'"),
        ("git-credentials", {"credentials": "https://me:s3cret@host"}, "Missing: protocol, host"),
        ("git-credentials", {"credentials": "username=me\npassword=s3cret"}, "Missing: protocol, host"),
        (
            "git-credentials",
            {"credentials": "username=me\npassword=s3cret", "context": "https://a/b"},
            "no address of a host",
        ),
        ("git-credentials", {"credentials": CREDENTIALS.replace("https", "ftp")}, "protocol or host"),
        ("git-credentials", {"credentials": CREDENTIALS.replace("git.", "../")}, "protocol or host"),
    ],
)
def test_what_cannot_be_used_is_refused(
    tmp_path: Path, kind: str, entries: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_git_access([binding(tmp_path, kind, **entries)], {})
    assert said in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_hashed_names_are_listed(tmp_path: Path) -> None:
    one = binding(tmp_path, "git-ssh", private_key=KEY, known_hosts=HASHED, hosts="a.example b.example\n")
    assert read_git_access([one], {}).keys[0].hosts == ("a.example", "b.example")


def test_without_ssh_it_is_git_that_says_so(tmp_path: Path) -> None:
    one = binding(tmp_path, "git-ssh", private_key=KEY, known_hosts=KNOWN)
    (tmp_path / "run").mkdir()
    assert read_git_access([one], {}).variables({"PATH": "/nowhere"}, tmp_path / "run")["PATH"] == "/nowhere"


@pytest.mark.parametrize("name", ["GIT_SSH", "GIT_SSH_COMMAND"])
def test_a_variable_besides_a_key_is_refused(tmp_path: Path, name: str) -> None:
    one = binding(tmp_path, "git-ssh", private_key=KEY, known_hosts=KNOWN)
    with pytest.raises(ConfigurationError, match=f"{name} is set, and there is a binding of type git-ssh"):
        read_git_access([one], {name: "ssh -v"})


def test_secrets_are_known(tmp_path: Path) -> None:
    bindings = [
        binding(tmp_path, "git-credentials", credentials=CREDENTIALS),
        binding(tmp_path, "git-ssh", private_key=KEY, known_hosts=KNOWN),
    ]
    values = {one.value for one in read_git_access(bindings, {}).secrets()}
    assert values == {SECRET, "b3BlbnNzaC1rZXktdjEAAAAA"}
