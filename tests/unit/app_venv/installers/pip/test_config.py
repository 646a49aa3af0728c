"""pip's configuration files: what counts of them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_venv.inputs.pinning import UNREADABLE
from app_venv.installers.pip.config import (
    chooses_index,
    file_secrets,
    refuse_dangerous_settings,
    refuse_malformed_addresses,
    relevant_settings,
    settings_in_files,
    unfilled_settings,
    without_index,
)
from app_venv.installers.pip.options import OVERRULED, REFUSED
from buildpack_api.errors import ConfigurationError


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "chosen.conf")}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def values(environment: dict[str, str]) -> dict[str, str]:
    home = Path(environment["HOME"])  # this machine may have files of its own
    return {one.option: one.value for one in settings_in_files(environment) if home in one.file.parents}


def test_later_files_sections_and_variables_win(tmp_path: Path, environment: dict[str, str]) -> None:
    write(tmp_path / ".config/pip/pip.conf", "[global]\na = 1\nb = 1\n[install]\nc = 1\nd_e = 1\n")
    write(tmp_path / "chosen.conf", "[global]\na = 2\nc = 2\nf =\n[install]\n--g = 2\n[download]\nh = 2\n")
    assert values(environment) == {"a": "2", "b": "1", "c": "1", "d-e": "1", "g": "2"}
    assert values({**environment, "PIP_A": "3", "PIP_D_E": "3"}) == {"b": "1", "c": "1", "g": "2"}
    assert values({**environment, "PIP_CONFIG_FILE": "/dev/null"}) == {}


@pytest.mark.parametrize("option", sorted(REFUSED.keys() - OVERRULED))
def test_each_option_that_is_refused_as_a_variable_is_refused_in_a_file(
    tmp_path: Path, environment: dict[str, str], option: str
) -> None:
    file = write(tmp_path / "chosen.conf", f"[install]\n{option} = yes-s3cret\n")
    with pytest.raises(ConfigurationError) as refused:
        refuse_dangerous_settings(environment)
    assert f"{option} in {file}: {REFUSED[option]}" in refused.value.detail
    assert "s3cret" not in str(refused.value)


def test_all_are_reported_at_once_with_their_files(tmp_path: Path, environment: dict[str, str]) -> None:
    first = write(tmp_path / ".pip/pip.conf", "[global]\ndry-run = true\n")
    second = write(tmp_path / "chosen.conf", "[install]\ntarget = /x\n")
    with pytest.raises(ConfigurationError, match="would spoil the build: dry-run, target") as refused:
        refuse_dangerous_settings(environment)
    assert str(first) in refused.value.detail
    assert str(second) in refused.value.detail


@pytest.mark.parametrize("place", ["", "missing.conf"])
def test_a_file_that_is_chosen_has_to_be_there(tmp_path: Path, place: str) -> None:
    """Else an app that means a private index gets what has the same name on the public one."""
    with pytest.raises(ConfigurationError, match="names a file that is not there"):
        refuse_dangerous_settings({"PIP_CONFIG_FILE": str(tmp_path / place)})
    refuse_dangerous_settings({"PIP_CONFIG_FILE": "/dev/null"})


def test_what_has_no_effect_passes(tmp_path: Path, environment: dict[str, str]) -> None:
    text = "[global]\nuser = no\ncache-dir = /x\nindex-url = https://x/\n[list]\nuser = true\n"
    write(tmp_path / "chosen.conf", text)
    refuse_dangerous_settings(environment)
    write(tmp_path / "chosen.conf", "[global]\nuser = true\n")
    refuse_dangerous_settings(environment)
    write(tmp_path / "chosen.conf", "[global]\ntarget = /x\n")
    refuse_dangerous_settings({**environment, "PIP_TARGET": "0"})


@pytest.mark.parametrize("text", ["no section s3cret", "[global]\ns3cret", "[global]\na=s3cret\na=s3cret"])
def test_a_broken_file_is_named_and_not_quoted(
    tmp_path: Path, environment: dict[str, str], text: str
) -> None:
    file = write(tmp_path / "chosen.conf", text)
    with pytest.raises(ConfigurationError, match="is not a configuration file of pip") as refused:
        settings_in_files(environment)
    assert str(file) in str(refused.value)
    assert " in line " in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_secrets_of_all_files_are_known_whatever_counts(tmp_path: Path, environment: dict[str, str]) -> None:
    write(tmp_path / ".config/pip/pip.conf", "[global]\nindex-url = https://me:overruled-word@h/\n")
    write(
        tmp_path / "chosen.conf", "[install]\nindex-url = https://me:other%20word@h/\nproxy = http://a:b@p\n"
    )
    found = {one.value for one in file_secrets({**environment, "PIP_INDEX_URL": "https://h/"})}
    assert found == {"overruled-word", "other%20word", "other word", "b"}


APP = Path("/nowhere")


@pytest.mark.parametrize(
    "name",
    [
        "PIP_INDEX_URL",
        "PIP_PRE",
        "PIP_ONLY_BINARY",
        "PIP_CONSTRAINT",
        "PIP_pre",
    ],
)
def test_what_decides_about_the_result_counts(name: str) -> None:
    assert relevant_settings({name: "1"}, APP) != relevant_settings({name: "2"}, APP)
    assert relevant_settings({name: "1"}, APP) != relevant_settings({}, APP)
    assert relevant_settings({name: ""}, APP) == relevant_settings({}, APP)


@pytest.mark.parametrize(
    "name",
    ["PIP_PROXY", "PIP_TIMEOUT", "PIP_timeout", "PIP_CACHE_DIR", "PIP_PYTHON", "PATH", "HOME", "CFLAGS"],
)
def test_what_does_not_decide_does_not_count(name: str) -> None:
    assert relevant_settings({name: "/1"}, APP) == relevant_settings({}, APP)


def test_values_are_not_kept_and_passwords_do_not_count() -> None:
    first = relevant_settings({"PIP_INDEX_URL": "https://me:one@host.example/simple"}, APP)
    assert first == relevant_settings({"PIP_INDEX_URL": "https://me:two@host.example/simple"}, APP)
    assert first != relevant_settings({"PIP_INDEX_URL": "https://me:one@other.example/simple"}, APP)
    assert "host.example" not in "".join(first)


def test_configuration_files_count(tmp_path: Path) -> None:
    file = tmp_path / ".config/pip/pip.conf"
    environment = {"HOME": str(tmp_path)}
    without = relevant_settings(environment, APP)
    file.parent.mkdir(parents=True)
    file.write_text("[global]\nindex-url = https://me:one@host/simple\n")
    first = relevant_settings(environment, APP)
    assert first != without
    file.write_text("[global]\nindex-url = https://me:two@host/simple\n")
    assert relevant_settings(environment, APP) == first
    assert relevant_settings({**environment, "PIP_CONFIG_FILE": "/dev/null"}, APP) != first
    assert relevant_settings({"PIP_CONFIG_FILE": str(file)}, APP) != relevant_settings({}, APP)


def test_only_what_decides_counts_of_a_configuration_file(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    environment = {"PIP_CONFIG_FILE": str(file)}
    file.write_text("[global]\nindex-url = https://host/simple\ntimeout = 5\n[freeze]\nall = 1\n")
    first = relevant_settings(environment, APP)
    file.write_text("[global]\nindex_url = https://host/simple\nproxy = http://p\n[install]\ncache-dir = x\n")
    assert relevant_settings(environment, APP) == first
    file.write_text("[install]\nindex-url = https://host/simple\npre = 1\n")
    assert relevant_settings(environment, APP) != first


@pytest.mark.parametrize("name", ["constraint", "build-constraint"])
def test_the_content_of_constraints_of_a_configuration_file_counts(tmp_path: Path, name: str) -> None:
    (tmp_path / "pip.conf").write_text(f"[install]\n{name} = limits.txt\n")
    environment = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    (tmp_path / "limits.txt").write_text("left<2")
    first = relevant_settings(environment, tmp_path)
    (tmp_path / "limits.txt").write_text("left<3")
    assert relevant_settings(environment, tmp_path) != first


def test_the_content_of_build_constraints_counts(tmp_path: Path) -> None:
    environment = {"PIP_BUILD_CONSTRAINT": "limits.txt"}
    without = relevant_settings(environment, tmp_path)
    (tmp_path / "limits.txt").write_text("setuptools<80")
    assert relevant_settings(environment, tmp_path) != without


def test_variables_in_settings_of_pip_are_named_as_never_filled_in(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nextra-index-url = https://${FILE_TOKEN}@host/\n")
    environment = {
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
        "PIP_INDEX_URL": "https://u:${TOKEN}@host/",
        "TOKEN": "set",
        "OTHER": "${X}",
    }
    assert [(one.place, one.name) for one in unfilled_settings(environment)] == [
        ("PIP_INDEX_URL", "TOKEN"),
        (f"extra-index-url in {tmp_path / 'pip.conf'}", "FILE_TOKEN"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xef\xbb\xbf[global]\ntimeout = 3\n", "It begins with a byte order mark."),
        (b"[global]\n# caf\xe9\n", "Line 2 has other bytes."),
    ],
)
def test_a_file_that_is_not_utf_8_is_named(
    tmp_path: Path, environment: dict[str, str], content: bytes, said: str
) -> None:
    """Before pip runs, which refuses it as well."""
    (tmp_path / "chosen.conf").write_bytes(content)
    with pytest.raises(ConfigurationError, match="is not a configuration file of pip: not UTF-8") as refused:
        refuse_dangerous_settings(environment)
    assert refused.value.detail == said


@pytest.mark.parametrize(
    ("variables", "text", "chosen"),
    [
        ({"PIP_INDEX_URL": "https://mine"}, "", True),
        ({"PIP_PYPI_URL": "https://mine"}, "", True),
        ({}, "index-url = https://mine", True),
        ({"PIP_INDEX_URL": "", "PIP_EXTRA_INDEX_URL": "https://more"}, "", False),
        ({}, "extra-index-url = https://more", False),
    ],
)
def test_an_index_in_the_place_of_the_usual_one_is_known(
    tmp_path: Path, environment: dict[str, str], variables: dict[str, str], text: str, *, chosen: bool
) -> None:
    write(tmp_path / "chosen.conf", f"[global]\n{text}\n")
    assert chooses_index({**environment, **variables}) is chosen


@pytest.mark.parametrize(
    ("variable", "option", "said"),
    [
        ("1", "", "PIP_NO_INDEX"),
        ("no", "yes", ""),
        ("", "true", "no-index in {file}"),
        ("", "off", ""),
        ("", "", ""),
    ],
)
def test_what_keeps_pip_from_asking_an_index_is_known(
    tmp_path: Path, environment: dict[str, str], variable: str, option: str, said: str
) -> None:
    file = write(tmp_path / "chosen.conf", f"[global]\nno-index = {option}\n")
    assert without_index({**environment, "PIP_NO_INDEX": variable}) == said.replace("{file}", str(file))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"https://me:secret@host/simple/"', "has quotation marks"),
        ("'https://host/simple/'", "has quotation marks"),
        ("https://host/a,https://me:secret@host/b", "has commas between addresses"),
        ("https://host/a; http://host/b", "has commas between addresses"),
        ("https://me:sec/ret@host/simple/", UNREADABLE),
        ("https://host/a/?x=1,2 https://host/b\nhttps://host/c", ""),
    ],
)
def test_addresses_that_pip_would_pass_over_are_refused(
    tmp_path: Path, environment: dict[str, str], value: str, said: str
) -> None:
    """It would say that it knows no such project, take that from another index, or show the password."""
    if not said:
        refuse_malformed_addresses({**environment, "PIP_EXTRA_INDEX_URL": value})
        return
    file = write(tmp_path / "chosen.conf", f"[global]\nextra-index-url = {value}\n")
    with pytest.raises(ConfigurationError) as refused:
        refuse_malformed_addresses({**environment, "PIP_INDEX_URL": value})
    assert refused.value.detail == f"PIP_INDEX_URL {said}.\nextra-index-url in {file} {said}."
