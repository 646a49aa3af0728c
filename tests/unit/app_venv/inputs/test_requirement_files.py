"""How far requirements files determine what is installed: never call proved what is not."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_venv.inputs.pinning import UNREADABLE, Evidence, PinnedInputs, Pinning
from app_venv.inputs.requirement_files import classify, read_requirements
from app_venv.inputs.requirement_lines import read_lines
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "0123456789abcdef" * 4
HASH = f"--hash=sha256:{DIGEST}"
LOCKED, OPEN, UNPROVABLE = Pinning.LOCKED, Pinning.OPEN, Pinning.UNPROVABLE


def write(app: Path, **files: str) -> None:
    for name, text in files.items():
        path = app / name.replace("__", "/").replace("_txt", ".txt")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def read(app: Path, *roots: str, constraints: tuple[str, ...] = (), **variables: str) -> PinnedInputs:
    found = Evidence()
    read_requirements(roots or ("requirements.txt",), constraints, app, variables, found)
    return PinnedInputs("", (), tuple(found.files), found.digest, tuple(found.requirements))


@pytest.mark.parametrize(
    ("line", "pinning"),
    [
        (f"flask==1.0 {HASH}", LOCKED),
        (f"flask===1.0 {HASH}", LOCKED),
        (f"flask == 1.0.post1+local {HASH}", LOCKED),
        (f"flask==1!2.0 {HASH}", LOCKED),
        (f"Flask[async,dotenv]==1.0 {HASH}", LOCKED),
        (f'flask==1.0 ; python_version < "4" {HASH}', LOCKED),
        (f"flask (==1.0) {HASH}", LOCKED),
        (f"flask @ https://host/flask-1.0-py3-none-any.whl {HASH}", LOCKED),
        (f"flask @ https://host/flask-1.0-py3-none-any.whl#sha256={DIGEST}", LOCKED),
        (f"https://host/flask.tar.gz#egg=flask&sha256={DIGEST}", LOCKED),
        (f"./wheels/flask-1.0-py3-none-any.whl {HASH}", LOCKED),
        ("flask==1.0", OPEN),
        (f"flask {HASH}", OPEN),
        (f"flask>=1.0 {HASH}", OPEN),
        (f"flask==1.* {HASH}", OPEN),
        (f"flask==1.0,!=1.1 {HASH}", OPEN),
        (f"flask~=1.0 {HASH}", OPEN),
        (f"flask<1 {HASH}", OPEN),
        (f"flask!=1.0 {HASH}", OPEN),
        ("flask", OPEN),
        ("github-client==1.0", OPEN),
        ("-r https://host/more.txt", OPEN),
        ("-r pylock.toml", OPEN),
        ("-r pylock.dev.toml", OPEN),
        ("-e .", UNPROVABLE),
        (f"-e ./lib {HASH}", UNPROVABLE),
        (".", UNPROVABLE),
        ("./lib[extra]", UNPROVABLE),
        (f"./lib {HASH}", UNPROVABLE),
        ("file:lib", UNPROVABLE),
        ("lib/flask-1.0.tar.gz", OPEN),
        ("flask-1.0-py3-none-any.whl", OPEN),
        ("file:lib/flask-1.0-py3-none-any.whl", OPEN),
        ("git+https://host/flask", UNPROVABLE),
        ("flask @ git+ssh://git@host/flask@v1", UNPROVABLE),
        ("https://host/flask-1.0-py3-none-any.whl", UNPROVABLE),
        ("https://host/flask-1.0.tar.gz#md5=0123456789abcdef0123456789abcdef", UNPROVABLE),
        ("flask==1.0 --unheard-of", UNPROVABLE),
    ],
)
def test_what_a_line_determines(tmp_path: Path, line: str, pinning: Pinning) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "requirements.txt").write_text(line)
    requirements = read(tmp_path)
    assert [one.pinning for one in requirements.requirements] == [pinning]
    assert requirements.locked == (pinning is LOCKED)
    assert bool(requirements.unprovable) == (pinning is UNPROVABLE)


def test_a_directory_is_one_however_its_address_is_written(tmp_path: Path) -> None:
    """A blank is %20 in it."""
    (tmp_path / "my lib").mkdir()
    write(tmp_path, requirements_txt=f"lib @ file://{tmp_path}/my%20lib\n")
    assert [one.reason for one in read(tmp_path).requirements] == ["is a local directory"]


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "--index-url https://host/simple\n-c limits.txt\n"]
)
def test_files_that_install_nothing_are_locked(tmp_path: Path, text: str) -> None:
    write(tmp_path, requirements_txt=text, limits_txt="flask<2\n")
    assert read(tmp_path).locked
    assert read(tmp_path).requirements == ()


def test_the_closure_is_read_from_the_file_that_includes(tmp_path: Path) -> None:
    write(
        tmp_path,
        requirements_txt="-r more/base.txt\nflask\n",
        more__base_txt="-r other.txt\n-c ../limits.txt\n",
        more__other_txt="-r ../requirements.txt\n-e .\n",
        limits_txt="flask<2\n",
    )
    requirements = read(tmp_path)
    assert requirements.files == ("requirements.txt", "more/base.txt", "more/other.txt", "limits.txt")
    assert [one.place for one in requirements.requirements] == ["more/other.txt:2", "requirements.txt:2"]


def test_a_reason_says_where_and_shows_no_password(tmp_path: Path) -> None:
    write(tmp_path, requirements_txt="\nflask @ git+https://me:${TOKEN}@host/flask\n")
    (line,) = read(tmp_path, TOKEN="s3cr3t").unprovable
    assert str(line) == (
        "requirements.txt:2 (flask @ git+https://***@host/flask) comes from a version control system"
    )


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("flask\n", "flask\n", True),
        ("flask\n", "django\n", False),
        ("flask\n", "flask\n\n", False),
        ("-i https://a:b@host/simple\n", "-i https://c:d@host/simple\n", True),
        ("-i https://a:b@host/simple\n", "-i https://a:b@other/simple\n", False),
        ("flask${VERSION}\n", "flask==1\n", True),
        ("flask${VERSION}\n", "flask==2\n", False),
    ],
)
def test_the_digest_sees_every_change_but_credentials(
    tmp_path: Path, before: str, after: str, same: bool
) -> None:
    write(tmp_path, requirements_txt="-r more.txt\n", more_txt=before)
    first = read(tmp_path, VERSION="==1").digest
    write(tmp_path, more_txt=after)
    assert (read(tmp_path, VERSION="==1").digest == first) is same


def test_a_variable_that_is_used_counts(tmp_path: Path) -> None:
    write(tmp_path, requirements_txt="flask==${VERSION}\n")
    assert read(tmp_path, VERSION="1").digest != read(tmp_path, VERSION="2").digest
    assert read(tmp_path, VERSION="1", OTHER="1").digest == read(tmp_path, VERSION="1", OTHER="2").digest


def test_an_included_file_that_comes_or_goes_counts(tmp_path: Path) -> None:
    """That it is missing is for pip to say, in its own words."""
    write(tmp_path, requirements_txt="-r more.txt\n")
    missing = read(tmp_path).digest
    write(tmp_path, more_txt="")
    assert read(tmp_path).digest != missing


def test_constraints_named_elsewhere_count_but_require_nothing(tmp_path: Path) -> None:
    write(tmp_path, requirements_txt="", limits_txt="flask<2\n")
    requirements = read(tmp_path, constraints=("limits.txt",))
    assert requirements.files == ("requirements.txt", "limits.txt")
    assert requirements.requirements == ()
    assert requirements.digest != read(tmp_path).digest


@pytest.mark.parametrize("name", ["missing.txt", "a-directory"])
def test_a_file_that_cannot_be_read_is_an_error_with_advice(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-directory").mkdir()
    with pytest.raises(ConfigurationError, match=f"Cannot read .*{name}") as refused:
        read(tmp_path, name)
    assert "spelt" in refused.value.advice


TEXT = st.text(alphabet=string.ascii_letters + string.digits + ".=<>!~;@:/[]+-* #", min_size=1, max_size=30)


@given(TEXT)
def test_without_a_hash_nothing_is_locked(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    app = tmp_path_factory.getbasetemp()
    for line in read_lines(text, {}):
        if line.requirement and line.understood and not line.hashes:
            assert classify(line, app)[0] is not LOCKED


def test_hashes_prove_nothing_where_what_has_none_is_let_in(tmp_path: Path) -> None:
    """Then dependencies that the file does not name are installed unchecked, in any version."""
    line = f"left==1.0 --hash=sha256:{'0' * 64}"
    assert read_text(tmp_path, line).locked
    assert not read_text(tmp_path, f"--no-require-hashes\n{line}").locked
    assert not read_text(tmp_path, f"-c limits.txt\n{line}", limits="--no-require-hashes").locked


def read_text(app: Path, text: str, *, limits: str = "") -> PinnedInputs:
    (app / "requirements.txt").write_text(text)
    (app / "limits.txt").write_text(limits)
    return read(app, "requirements.txt")


def test_secrets_of_all_lines_are_known_with_their_place_and_those_of_comments_are_not(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        requirements_txt="-r more.txt\n-c limits.txt\n-e git+https://${USER}:${PASS}@h/x.git#egg=x\n"
        "flask==${VERSION}  # as https://me:of-the-comment@h/ says\n--unheard-of https://me:of-an-option@h/\n",
        more_txt="--extra-index-url \\\n  https://me:literal-word@h/\n",
        limits_txt="left @ https://${TOKEN}@h/left.whl\n",
    )
    found = Evidence()
    given = {
        "USER": "somebody",
        "PASS": "of-the-variable",
        "VERSION": "1.0.0.post1",
        "TOKEN": "tok-1234-5678",
    }
    read_requirements(["requirements.txt"], (), tmp_path, given, found)
    assert {one.value: one.source for one in found.secrets} == {
        "of-the-variable": "PASS in requirements.txt:3",
        "of-an-option": "requirements.txt:5",
        "literal-word": "more.txt:1",
        "tok-1234-5678": "TOKEN in limits.txt:1",
    }


def test_files_that_include_each_other_without_end_are_one_error(tmp_path: Path) -> None:
    """A thousand files, each with the next: a RecursionError would call it a bug of this buildpack."""
    for number in range(1_000):
        write(tmp_path, **{f"r{number}_txt": f"-r r{number + 1}.txt\n"})
    with pytest.raises(ConfigurationError, match=r"r100\.txt: requirements files include each other"):
        read(tmp_path, "r0.txt")


@pytest.mark.parametrize("line", ["./" + "x" * 5000, "file:///" + "x" * 5000, "./a\0b"])
def test_what_is_no_path_at_all_is_no_directory(tmp_path: Path, line: str) -> None:
    """Because of its length, or a NUL in it; pip will say what it thinks of it."""
    (read_line,) = read_lines(line, {})
    assert classify(read_line, tmp_path)[0] is Pinning.OPEN


def test_a_file_that_cannot_be_named_is_not_included(tmp_path: Path) -> None:
    """It counts like one that is not there."""
    write(tmp_path, requirements_txt="x==1\n-r other\0.txt\n")
    assert read(tmp_path, "requirements.txt").digest


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("flask\n# gr\u00fc\u00dfe\n".encode("latin-1"), "requirements.txt is not UTF-8 (line 2)"),
        (bytes(range(1, 256)), "requirements.txt is not UTF-8"),
        ("flask\n".encode("utf-16-le"), "requirements.txt is UTF-16 without its mark (line 1)"),
        ("flask\n".encode("utf-16-be"), "requirements.txt is UTF-16 without its mark (line 1)"),
    ],
)
def test_what_pip_would_answer_with_a_traceback_is_one_error(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "requirements.txt").write_bytes(content)
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        read(tmp_path)


def test_an_encoding_that_the_file_names_is_taken(tmp_path: Path) -> None:
    content = f"# -*- coding: latin-1 -*-\n# gr\u00fc\u00dfe\nflask==1.0 {HASH}\n".encode("latin-1")
    (tmp_path / "requirements.txt").write_bytes(content)
    assert read(tmp_path).locked


def test_an_address_that_would_be_shown_with_its_password_ends_the_build_before(tmp_path: Path) -> None:
    """A "/" in it, written as it is or in a variable: what stands before it would be taken for a port."""
    (tmp_path / "requirements.txt").write_text("left\n--index-url https://me:${WORD}@host/simple/\n")
    read_requirements(["requirements.txt"], (), tmp_path, {"WORD": "sec%2Fret"}, Evidence())
    with pytest.raises(ConfigurationError) as failed:
        read_requirements(["requirements.txt"], (), tmp_path, {"WORD": "sec/ret"}, Evidence())
    assert failed.value.title == f"requirements.txt:2 {UNREADABLE}"
    assert "sec" not in str(failed.value)
