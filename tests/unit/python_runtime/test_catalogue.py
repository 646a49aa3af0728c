"""runtimes.toml is read completely, or refused with the faulty value named."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from buildpack_api.errors import ConfigurationError
from buildpack_api.toml import TomlError
from buildpack_common.runtimes_catalogue import LARGEST
from python_runtime import catalogue

DATA = Path(__file__).parents[3] / "buildpacks" / "python-runtime" / "data" / "runtimes.toml"
GOOD = f"""\
schema = 1
default = "3.13"
bases = ["https://host/releases"]

[lines."3.13"]
end-of-life = 2029-10-31

[[runtime]]
version = "3.13.10"
os = "linux"
arch = "amd64"
libc = "gnu"
tag = "20250101"
path = "20250101/cpython-3.13.10.tar.gz"
sha256 = "{"ab" * 32}"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "runtimes.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_catalogue_of_this_buildpack_has_the_default_line_for_both_architectures() -> None:
    found = catalogue.load(DATA)

    for arch in ("amd64", "arm64"):
        runtimes = found.for_target("linux", arch)
        assert any(runtime.line == found.default for runtime in runtimes)
        assert {"3.10", "3.11", "3.12", "3.13", "3.14"} <= {runtime.line for runtime in runtimes}
        assert list(runtimes) == sorted(runtimes, key=lambda runtime: runtime.numbers)
    assert len(found.bases) > 1
    assert len({runtime.sha256 for runtime in found.runtimes}) == len(found.runtimes)


def test_the_catalogue_of_this_buildpack_names_archives_by_their_own_version_and_tag() -> None:
    machines = {"amd64": "x86_64", "arm64": "aarch64"}
    for runtime in catalogue.load(DATA).runtimes:
        name = (
            f"{runtime.tag}/cpython-{runtime.version}%2B{runtime.tag}-{machines[runtime.arch]}"
            "-unknown-linux-gnu-install_only"
        )
        assert runtime.path in {f"{name}.tar.gz", f"{name}_stripped.tar.gz"}


def test_the_catalogue_of_this_buildpack_has_every_version_for_both_architectures_and_no_row_too_much() -> (
    None
):
    found = catalogue.load(DATA)
    amd64, arm64 = (
        [(runtime.version, runtime.tag) for runtime in found.for_target("linux", arch)]
        for arch in ("amd64", "arm64")
    )

    assert amd64 == arm64
    assert len(amd64) + len(arm64) == len(found.runtimes)
    assert {"3.10.2", "3.10.7", "3.11.1", "3.12.0", "3.12.1", "3.13.0", "3.14.0"} <= dict(amd64).keys()


def test_a_row_may_leave_out_system_and_c_library(tmp_path: Path) -> None:
    short = GOOD.replace('os = "linux"\n', "").replace('libc = "gnu"\n', "")

    assert catalogue.load(write(tmp_path, short)).runtimes == catalogue.load(write(tmp_path, GOOD)).runtimes


def test_versions_are_ordered_as_numbers(tmp_path: Path) -> None:
    second = GOOD[GOOD.index("[[runtime]]") :].replace("3.13.10", "3.13.9")
    found = catalogue.load(write(tmp_path, f"{GOOD}\n{second}"))

    assert [runtime.version for runtime in found.runtimes] == ["3.13.9", "3.13.10"]
    assert found.lines == {"3.13": dt.date(2029, 10, 31)}


def test_only_runtimes_with_glibc_of_the_target_are_offered(tmp_path: Path) -> None:
    found = catalogue.load(write(tmp_path, GOOD))
    assert found.for_target("linux", "arm64") == ()
    assert found.for_target("windows", "amd64") == ()

    musl = catalogue.load(write(tmp_path, GOOD.replace('"gnu"', '"musl"')))
    assert musl.for_target("linux", "amd64") == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema = 1", "schema = 2", "schema is 2, not 1"),
        ("schema = 1\n", "", "schema is None"),
        ('default = "3.13"', 'default = "3.14"', "default is '3.14'"),
        ('default = "3.13"\n', "", "'default' is missing"),
        ("bases = [", "bases = 1 # [", "'bases' is missing, or not a list"),
        ('version = "3.13.10"', 'version = "3.13"', "version '3.13' is not X.Y.Z"),
        ('version = "3.13.10"', 'version = "3.12.1"', "version '3.12.1' is not X.Y.Z of one of the [lines]"),
        ('version = "3.13.10"', "version = 3.13", "'version' is missing, or not a str"),
        ("ab" * 32, "ab" * 31, "not 64 lower-case hex digits"),
        ("ab" * 32, "AB" * 32, "not 64 lower-case hex digits"),
        ("2029-10-31", '"2029-10-31"', '[lines."3.13"] needs a date'),
        ("2029-10-31", "2029-10-31T00:00:00", '[lines."3.13"] needs a date'),
        ('[lines."3.13"]', "[lines.three]", '[lines."three"] needs a date'),
        ("20250101/cpython", "../cpython", "is not relative"),
        ("20250101/cpython", "/cpython", "is not relative"),
        ("20250101/cpython", "http://host/cpython", "is not relative"),
        ("[[runtime]]", "[runtime]", "'runtime' is missing, or not a list"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))

    with pytest.raises(ConfigurationError) as caught:
        catalogue.load(path)

    assert said in caught.value.detail
    assert str(path) in caught.value.title


def test_two_archives_of_one_version_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, f"{GOOD}\n{GOOD[GOOD.index('[[runtime]]') :]}")

    with pytest.raises(ConfigurationError) as caught:
        catalogue.load(path)

    assert "two runtimes linux/amd64/gnu of version 3.13.10" in caught.value.detail


@pytest.mark.parametrize("text", ["schema = ", "schema = 1\nschema = 1\n"])
def test_a_syntax_error_names_file_and_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(TomlError, match=r"runtimes\.toml"):
        catalogue.load(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TomlError, match=r"none\.toml: No such file"):
        catalogue.load(tmp_path / "none.toml")


def test_a_row_may_tell_the_size(tmp_path: Path) -> None:
    """Without one a ceiling holds for all."""
    (without,) = catalogue.load(write(tmp_path, GOOD)).runtimes
    (with_size,) = catalogue.load(write(tmp_path, f"{GOOD}size = 123\n")).runtimes
    assert (without.size, without.most_bytes) == (None, LARGEST)
    assert (with_size.size, with_size.most_bytes) == (123, 123)


@pytest.mark.parametrize("value", ["0", "-1", "true", '"1"', str(LARGEST + 1)])
def test_a_size_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    """A download would never be what it should."""
    with pytest.raises(ConfigurationError) as caught:
        catalogue.load(write(tmp_path, f"{GOOD}size = {value}\n"))
    assert "size" in caught.value.detail
