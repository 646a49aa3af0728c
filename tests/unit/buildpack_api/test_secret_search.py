"""No secret survives in any form, in any place; and what is none ends no build."""

from __future__ import annotations

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildpack_api import secret_search
from buildpack_api.secret_search import Findings, Hit, SecretSearch
from buildpack_common.known_secrets import KnownSecret, address_secrets, login_secrets
from support.ordinary_user import run_as_ordinary_user

if TYPE_CHECKING:
    from collections.abc import Callable

USER, PASSWORD = "user-of-it", "s3cret word/of@the:index"
SECRETS = login_secrets(USER, PASSWORD, "the binding 'x'")
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"])


def lower(text: str) -> str:
    """Write hexadecimal digits of escapes in lower case, as some clients do."""
    return re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), text)


def basic(user: str, word: str) -> bytes:
    return base64.b64encode(f"{user}:{word}".encode())


FORMS: dict[str, Callable[[str, str], str | bytes]] = {
    "as it is": lambda user, word: f"{user} {word}",
    "address": lambda user, word: f"https://{quote(user, safe='')}:{quote(word, safe='')}@host/",
    "lower case": lambda user, word: lower(quote(f"{user}:{word}", safe="")),
    "form": lambda user, word: quote_plus(f"{user}:{word}"),
    "path": lambda user, word: quote(f"/{user}/{word}"),
    "requests": lambda user, word: quote(f"{user}:{word}", safe="!#$%&'()*+,/:;=?@[]~"),
    "twice": lambda user, word: quote(quote(f"{user}:{word}", safe=""), safe=""),
    "JSON": lambda user, word: json.dumps([user, word]),
    "JSON for HTML": lambda user, word: json.dumps([user, word]).replace("/", "\\/"),
    "HTML": lambda user, word: html.escape(f"{user}:{word}"),
    "Python": lambda user, word: repr([user, word]),
    "Python, ASCII": lambda user, word: ascii([user, word]),
    "basic": basic,
    "basic for addresses": lambda user, word: base64.urlsafe_b64encode(f"{user}:{word}".encode()),
    "inside base64": lambda user, word: base64.b64encode(f"a netrc: {user} {word}\nmore".encode()),
    "base64 in an address": lambda user, word: quote(basic(user, word), safe=""),
}


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/name", content)
    return file.getvalue()


def tarred(content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        member = tarfile.TarInfo("x/PKG-INFO")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "zip": zipped,
    "zip behind a script": lambda content: b"#!/bin/sh\n" + zipped(content),
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "tar": tarred,
    "zip in zip": lambda content: zipped(zipped(content)),
    "zip in gzip": lambda content: gzip.compress(zipped(content)),
    "gzip in zip": lambda content: zipped(gzip.compress(content)),
}


def found(search: SecretSearch, content: bytes) -> list[Hit]:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "file").write_bytes(content)
        findings = Findings()
        search.look_through(Path(directory), findings)
        assert findings.files == 1
        assert findings.size == len(content)
        return findings.hits


@pytest.mark.parametrize("form", FORMS)
@given(
    user=st.text(CHARACTERS.filter(lambda char: char != ":"), min_size=1, max_size=8),
    word=st.text(CHARACTERS, min_size=8, max_size=20),
    before=st.binary(max_size=40),
)
@example(user="me", word=PASSWORD, before=b"")
@example(user="me", word="äöü€😀 \\\"'&%$+/", before=b"")
@example(user="me", word="........", before=b"/")
def test_no_form_of_a_secret_survives(form: str, user: str, word: str, before: bytes) -> None:
    if not word.strip("*") or "${" in word or word == "x-oauth-basic":  # no passwords, see `login_secrets`
        return
    search = SecretSearch(login_secrets(user, word, "x"))
    text = FORMS[form](user, word)
    content = text if isinstance(text, bytes) else text.encode()
    assert search.sources(before + content + b"\xff")


@given(word=st.text(st.characters(min_codepoint=0xA1, max_codepoint=0xFF), min_size=8, max_size=12))
def test_latin_1_is_a_form_too(word: str) -> None:
    search = SecretSearch(login_secrets("me", word, "x"))
    assert search.sources(word.encode("latin-1"))
    assert search.sources(base64.b64encode(f"me:{word}".encode("latin-1")))


@pytest.mark.parametrize("packing", PACKED)
def test_no_packing_hides_a_secret(packing: str) -> None:
    content = b"\0" * 100 + quote(PASSWORD).encode() + b"\0" * 100
    (hit,) = found(SecretSearch(SECRETS), PACKED[packing](content))
    assert hit.place.startswith("file")
    assert (" > inner/name" in hit.place) == ("zip" in packing.split())
    assert found(SecretSearch(SECRETS), PACKED[packing](b"nothing" * 99)) == []


@given(
    at=st.integers(0, 200),
    packing=st.sampled_from(["plain", "gzip", "zip"]),
    form=st.sampled_from(sorted(FORMS)),
)
def test_no_boundary_between_two_blocks_hides_a_secret(at: int, packing: str, form: str) -> None:
    text = FORMS[form](USER, PASSWORD)
    content = b"\0" * at + (text if isinstance(text, bytes) else text.encode()) + b"\0" * 200
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secret_search, "_BLOCK", 64)
        assert found(SecretSearch(SECRETS), PACKED[packing](content))


@given(
    st.binary(max_size=300),
    st.sampled_from(sorted(PACKED)),
    st.integers(0, 400),
    st.binary(min_size=1, max_size=3),
)
def test_a_damaged_archive_is_no_fault(content: bytes, packing: str, at: int, change: bytes) -> None:
    packed = PACKED[packing](content)
    at %= len(packed) + 1
    for damaged in (packed[:at], packed[:at] + change + packed[at + len(change) :]):
        found(SecretSearch(SECRETS), damaged)


def test_an_encrypted_archive_is_no_fault() -> None:
    packed = bytearray(zipped(b"content"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(mark) + offset] |= 1
    assert found(SecretSearch(SECRETS), bytes(packed)) == []


@pytest.mark.parametrize(
    ("secrets", "hidden", "harmless"),
    [
        (
            login_secrets("admin", "test", "x"),
            [b"https://admin:test@host/", b"admin%3Atest%40", b"admin%3atest%40"],
            [b"admin", b"test", b"test@example", b"unittest.TestCase", b"admin:tests@", b"YWRtaW46dGVzdA=="],
        ),
        (login_secrets("tok", "", "x"), [b"https://tok@host/", rb"https:\/\/tok@host"], [b"tok", b"a tok@"]),
        (
            address_secrets("https://h/?token=abc", "x"),
            [b"https://h/?token=abc", b"?a=1&token=abc#", b"&amp;token=abc&amp;"],
            [b"token=abc", b"?token=abcd", b"?mytoken=abc", b"abc"],
        ),
        (
            login_secrets("", "test", "x"),
            [b"https://:test@host"],
            [b"test", b"x: test@"],
        ),
    ],
)
def test_a_short_value_counts_only_where_it_stands_in_an_address(
    secrets: tuple[KnownSecret, ...], hidden: list[bytes], harmless: list[bytes]
) -> None:
    search = SecretSearch(secrets)
    assert [text for text in hidden if not search.sources(text)] == []
    assert [text for text in harmless if search.sources(text)] == []


@given(st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=200))
def test_a_text_without_it_is_no_hit(text: str) -> None:
    search = SecretSearch(login_secrets("me", "€ufa€lliges wort", "x"))
    assert not search.sources(text.encode())


def test_nothing_is_looked_for_where_nothing_is_known(tmp_path: Path) -> None:
    findings = Findings()
    search = SecretSearch([])
    search.look_through(tmp_path / "absent", findings)
    assert not search
    assert findings == Findings()
    assert not SecretSearch([KnownSecret("short", "a part of a password")])


def test_names_and_targets_of_links_are_searched_and_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text(PASSWORD)
    tree = tmp_path / "a b"
    (tree / "folder").mkdir(parents=True)
    (tree / "link").symlink_to(outside)
    (tree / "gone").symlink_to(f"/nowhere/{quote(PASSWORD, safe='')}")
    (tree / "folder" / quote(PASSWORD, safe="")).mkdir()
    os.mkfifo(tree / "pipe")
    findings = Findings()
    SecretSearch(SECRETS).look_through(tree, findings)
    assert sorted(hit.place for hit in findings.hits) == ["folder/*** (its name)", "gone (its name)"]


def test_a_hit_names_the_place_and_the_source_and_no_secret(tmp_path: Path) -> None:
    folder = tmp_path / "layer" / quote(PASSWORD, safe="")
    folder.mkdir(parents=True)
    (folder / "x.whl").write_bytes(zipped(PASSWORD.encode()))
    findings = Findings()
    SecretSearch(SECRETS).look_through(tmp_path / "layer", findings)
    assert findings.hits[-1] == Hit("***/x.whl > inner/name", "the binding 'x'")
    assert quote(PASSWORD, safe="") not in repr(findings)


def test_what_is_known_anyway_is_no_hit_and_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "known").write_text(PASSWORD)
    (tmp_path / "known.whl").write_bytes(zipped(PASSWORD.encode()))
    (tmp_path / "other").write_text(PASSWORD)
    asked: list[str] = []

    def known(path: str) -> bool:
        asked.append(path)
        return Path(path).name.startswith("known")

    (tmp_path / "clean").write_text("clean")
    findings = Findings()
    SecretSearch(SECRETS).look_through(tmp_path, findings, known=known)
    assert [hit.place for hit in findings.hits] == ["other"]
    assert sorted(Path(path).name for path in asked) == ["known", "known.whl", "other"]


def test_a_bomb_ends_the_search_of_its_file_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_search, "_MOST", 1 << 20)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(bytes(3 << 20)))
    (tmp_path / "nest.zip").write_bytes(zipped(zipped(bytes(3 << 20))))
    findings = Findings()
    SecretSearch(SECRETS).look_through(tmp_path, findings)
    assert sorted(findings.unsearched) == ["bomb.gz", "nest.zip"]


def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    """256 MB, most of them a hole; the process may have less than half of that."""
    with (tmp_path / "large").open("wb") as file:
        file.truncate(256 << 20)
        file.seek((256 << 20) - 5)
        file.write(PASSWORD.encode())
    program = (
        "import resource, sys\n"
        f"sys.path[:] = {sys.path!r}\n"
        "from pathlib import Path\n"
        "from buildpack_common.known_secrets import login_secrets\n"
        "from buildpack_api.secret_search import Findings, SecretSearch\n"
        "limit = 120 << 20\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))\n"
        "findings = Findings()\n"
        f"search = SecretSearch(login_secrets('me', {PASSWORD!r}, 'x'))\n"
        "search.look_through(Path(sys.argv[1]), findings)\n"
        "print(len(findings.hits), findings.size)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", str((256 << 20) - 5 + len(PASSWORD))]


@pytest.mark.usefixtures("file_modes_count")
def test_what_we_must_not_read_is_read_and_keeps_its_mode(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    file = closed / "inner/file"
    file.parent.mkdir(parents=True)
    file.write_text(PASSWORD)
    modes = {file: 0, file.parent: 0o300, closed: 0}
    for path, mode in modes.items():
        path.chmod(mode)
    findings = Findings()
    SecretSearch(login_secrets("me", PASSWORD, "x")).look_through(tmp_path, findings)
    assert [hit.place for hit in findings.hits] == ["closed/inner/file"]
    for path, mode in reversed(modes.items()):
        assert path.stat().st_mode & 0o777 == mode
        path.chmod(0o700)


def test_what_cannot_be_read_ends_the_search() -> None:
    """What is not ours cannot be opened up either: here, root's home."""
    output = run_as_ordinary_user(
        """
from pathlib import Path
from buildpack_api.errors import BuildpackError
from buildpack_common.known_secrets import login_secrets
from buildpack_api.secret_search import Findings, SecretSearch
SecretSearch(login_secrets("me", "loads codecs", "x"))
""",
        """
try:
    SecretSearch(login_secrets("me", "a-password", "x")).look_through(Path("/root"), Findings())
except BuildpackError as error:
    print(error.title)
""",
    )
    assert output == "Cannot search /root for secrets: Operation not permitted\n"
