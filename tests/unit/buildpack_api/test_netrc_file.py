"""netrc entries, read back by the netrc modules of real Pythons: pip uses the one it runs with."""

from __future__ import annotations

import json
import netrc
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_api import netrc_file
from buildpack_api.errors import ConfigurationError
from buildpack_common.redaction import redact
from buildpack_release.bytecode.interpreters import installed_interpreters

THIS = f"{sys.version_info[0]}.{sys.version_info[1]}"
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126))
SIGNS = "".join(chr(code) for code in range(33, 127))
READ = "import json,netrc,sys; print(json.dumps(netrc.netrc(sys.argv[1]).authenticators('host.example')))"


def write(path: Path, *entries: str) -> Path:
    path.write_text("\n\n".join(entries))
    return path


# Nothing a machine may lack: the netrc of 3.10 has no quotes.
@pytest.mark.skipif(sys.version_info < (3, 11), reason="this netrc has no quotes")  # noqa: TID251
@given(username=PRINTABLE, password=PRINTABLE)
def test_any_printable_ascii_is_read_back(username: str, password: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        entry = netrc_file.entry("host.example", username, password, minor=THIS)
        found = netrc.netrc(str(write(Path(directory, "netrc"), entry)))
        assert found.authenticators("host.example") == (username, "", password)


@pytest.mark.parametrize("minor", list(installed_interpreters()))
@pytest.mark.parametrize("password", [SIGNS, '"quoted"', "back\\slash\\", "#begins", "machine"])
def test_every_python_reads_what_is_written_for_it(minor: str, password: str, tmp_path: Path) -> None:
    entry = netrc_file.entry("host.example", "me", password, minor=minor)
    python = installed_interpreters()[minor].executable
    file = write(tmp_path / "netrc", entry, netrc_file.entry("other.example", "a", "bcd", minor=minor))
    answer = subprocess.run([python, "-c", READ, file], capture_output=True, text=True, check=True)
    username, _, secret = json.loads(answer.stdout)
    assert (username, secret) == ("me", password)


@pytest.mark.parametrize("text", ["with blank", ""])
def test_what_python_3_10_cannot_read_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be given to pip") as refused:
        netrc_file.entry("host.example", "me", text, minor="3.10")
    assert "with blank" not in str(refused.value)


@pytest.mark.parametrize("text", ["snowman ☃", "line\nbreak", "tab\t", "\x00"])
def test_other_characters_are_refused_without_showing_them(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        netrc_file.entry("host.example", text, "x", minor="3.13")
    assert text not in str(refused.value)


def test_a_broken_file_is_named_and_not_quoted(tmp_path: Path) -> None:
    """The parser's own message quotes the word that it stumbles over: here the password."""
    file = write(tmp_path / "netrc", "machine host.example\nlogin me s3cret-word\n")
    with pytest.raises(ConfigurationError, match="The file x is not a netrc file") as refused:
        netrc_file.check(file, name="The file x")
    assert "s3cret-word" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_passwords_of_a_checked_file_are_hidden(tmp_path: Path) -> None:
    netrc_file.check(write(tmp_path / "n", "machine h login me password s3cret-in-a-file\n"), name="x")
    assert redact("it is s3cret-in-a-file") == "it is ***"


def test_the_users_own_file_is_the_one_that_pip_would_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    other = write(tmp_path / "other", "machine other")
    assert netrc_file.users_netrc({}) == ""
    assert netrc_file.users_netrc({"HOME": str(home)}) == ""
    write(home / ".netrc", "machine mine")
    assert netrc_file.users_netrc({"HOME": str(home)}) == "machine mine"
    assert netrc_file.users_netrc({"HOME": str(home), "NETRC": str(other)}) == "machine other"
    assert netrc_file.users_netrc({"HOME": str(home), "NETRC": "/absent"}) == ""


def test_logins_of_a_file_are_returned_and_none_of_a_broken_one(tmp_path: Path) -> None:
    file = write(tmp_path / "n", "machine h login me password word-of-h\ndefault login a password b\n")
    assert netrc_file.logins(file) == (("h", "me", "word-of-h"), ("default", "a", "b"))
    assert netrc_file.logins(write(tmp_path / "broken", "password before a machine")) == ()
    assert netrc_file.logins(tmp_path / "absent") == ()
