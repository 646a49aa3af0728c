"""pip's commonest failures get the right cause; the texts are what pip and compilers really print."""

from __future__ import annotations

import pytest

from app_venv.failures.pip import explain

CASES = [
    (
        (
            "WARNING: The repository located at host.example is not a trusted or secure host ...\n"
            "ERROR: No matching distribution found for aaa"
        ),
        "pip ignores the index at host.example",
    ),
    (
        (
            "ERROR: Could not find a version that satisfies the requirement nosuch (from versions: none)\n"
            "ERROR: No matching distribution found for nosuch"
        ),
        "the index has no nosuch for this Python",
    ),
    (
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by "
            "'NewConnectionError(\"Failed to establish a new connection: [Errno 111] Connection refused\")'\n"
            "ERROR: No matching distribution found for flask"
        ),
        "the package index cannot be reached",
    ),
    (
        (
            "ERROR: Ignored the following versions that require a different python version: 2.0 ...\n"
            "ERROR: Could not find a version that satisfies the requirement numpy==2.0 (from versions: 1.0)\n"
            "ERROR: No matching distribution found for numpy==2.0"
        ),
        "no version of numpy==2.0 that is allowed supports this Python",
    ),
    (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. ...",
        "a file has none of the hashes that are allowed",
    ),
    (
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have ...\n"
            "    MarkupSafe==3.0.4 from https://host:443/x.y/markupsafe-3.0.4-cp315-cp315-manylinux2014.whl "
            "(from -r requirements.txt (line 1)):\n"
            f"        Expected sha256 {'0' * 64}\n"
            f"        Expected     or {'1' * 64}\n"
            f"             Got        {'2' * 64}\n"
        ),
        "none of the hashes that are allowed is that of markupsafe-3.0.4-cp315-cp315-manylinux2014.whl",
    ),
    (
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have ...\n"
            f"    left from https://host/left-1.0.tar.gz?token=a/b.c#sha256={'2' * 64}:\n"
            f"        Expected sha256 {'1' * 64}\n"
            f"             Got        {'2' * 64}\n"
        ),
        "none of the hashes that are allowed is that of left-1.0.tar.gz",
    ),
    (
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have ...\n"
            f"    left from https://host/left-1.0.tar.gz#sha256={'1' * 64} (from right):\n"
            f"        Expected sha256 {'0' * 64}\n"
            f"        Expected     or {'1' * 64}\n"
            f"             Got        {'2' * 64}\n"
        ),
        "left-1.0.tar.gz is not the file that its index promises",
    ),
    (
        "ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements.",
        "some requirements have hashes and some have not",
    ),
    (
        (
            "ERROR: Cannot select requirements from pylock file 'pylock.toml': No wheel found matching the "
            "provided tags for package 'greenlet' at packages[2], and no sdist available as a fallback"
        ),
        "pylock.toml has no file of greenlet that fits this Python and processor",
    ),
    (
        "ERROR: HTTP error 401 while getting x\n401 Client Error: Unauthorized for url: https://host/simple/",
        "the index refused access",
    ),
    ("SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED", "the certificate of the index is not trusted"),
    (
        (
            "ERROR: Cannot install a and b because these package versions have conflicting dependencies.\n"
            "ERROR: ResolutionImpossible: for help visit ..."
        ),
        "some requirements exclude each other",
    ),
    (
        "ERROR: numpy-1.0-cp39-cp39-win32.whl is not a supported wheel on this platform.",
        "a wheel was made for another Python, system or processor",
    ),
    (
        (
            "src/x.c:4:10: fatal error: libpq-fe.h: No such file or directory\n"
            "error: command '/usr/bin/gcc' failed with exit code 1\nerror: subprocess-exited-with-error"
        ),
        "libpq-fe.h is missing to build a package from source",
    ),
    (
        "x.c:1:10: fatal error: Python.h: No such file or directory\nerror: command 'gcc' failed",
        "the headers of Python are missing",
    ),
    (
        "error: command 'gcc' failed: No such file or directory\nERROR: Failed building wheel for x",
        "the build image has no compiler, and a package must be built from source",
    ),
    (
        "error: subprocess-exited-with-error\nERROR: Failed to build 'x' when getting requirements",
        "x has no wheel for this Python and could not be built from source",
    ),
    (
        "error: subprocess-exited-with-error\nnote: This error originates from a subprocess",
        "a package has no wheel for this Python and could not be built from source",
    ),
    (
        "fatal: could not read Username for 'https://host': No such device\nerror: subprocess-exited-...",
        "a repository refused access",
    ),
    ("pip._internal.exceptions.BadZipFile: File is not a zip file", "a file is no proper wheel"),
    (
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "no space is left",
    ),
    (
        "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'more.txt'",
        "more.txt does not exist",
    ),
    ("ERROR: Invalid requirement: 'flask=1.0': ...", "a line is not a requirement: flask=1.0"),
    ("ERROR: Invalid requirement: \"'flask'\": ...", "a line is not a requirement: 'flask'"),
    (
        "ERROR: file:///workspace (from -r a.txt (line 1)) does not appear to be a Python project: no",
        "/workspace has neither a pyproject.toml nor a setup.py",
    ),
    (
        "ERROR: Cannot find command 'git' - do you have 'git' installed",
        "git is not in the build",
    ),
    ("something that nobody has seen", "pip failed"),
    ("", "pip failed"),
]


@pytest.mark.parametrize(("output", "cause"), CASES)
def test_causes(output: str, cause: str) -> None:
    explanation = explain(1, output)
    assert explanation.cause.startswith(cause)
    assert explanation.advice
    assert "{" not in explanation.cause + explanation.advice


@pytest.mark.parametrize("code", [-9, 137, 247])
def test_a_killed_pip_ran_out_of_memory(code: int) -> None:
    assert "memory" in explain(code, "ERROR: No matching distribution found for x").cause


BUILD_CASES = [
    ("fatal error: ffi.h: No such file or directory", "ffi.h", "libffi-dev"),
    ("x.c:1:10: fatal error: 'mysql.h' file not found", "mysql.h", "default-libmysqlclient-dev"),
    ("fatal error: xmlsec/xmlsec.h: No such file or directory", "xmlsec/xmlsec.h", "libxmlsec1-dev"),
    ("fatal error: openssl/opensslv.h: No such file or directory", "openssl/opensslv.h", "libssl-dev"),
    ("fatal error: gdal.h: No such file or directory", "gdal.h", "libgdal-dev"),
    ("Error: pg_config executable not found.", "pg_config", "libpq-dev"),
    ("/bin/sh: 1: mysql_config: not found", "mysql_config", "default-libmysqlclient-dev"),
    ("/bin/sh: 1: pkg-config: not found", "pkg-config", "pkg-config"),
    ("Exception: Can not find valid pkg-config name.", "mysqlclient", "default-libmysqlclient-dev"),
    ("FileNotFoundError: [Errno 2] No such file or directory: 'gdal-config'", "gdal-config", "libgdal-dev"),
    ("FileNotFoundError: [Errno 2] No such file or directory: 'cmake'", "cmake", "cmake"),
    ("ERROR: Unknown compiler(s): [['gfortran', 'flang']]", "gfortran", "gfortran"),
    ("/usr/bin/ld: cannot find -lpq: No such file or directory", "pq", "libpq-dev"),
    ('../meson.build:1:0: ERROR: Dependency "cairo" not found, tried pkgconfig', "cairo", "libcairo2-dev"),
    ("Package libffi was not found in the pkg-config search path.", "libffi", "libffi-dev"),
    ("Package 'xmlsec1', required by 'virtual:world', not found", "xmlsec1", "libxmlsec1-dev"),
    (
        "The headers or library files could not be found for jpeg,\na required dependency",
        "jpeg",
        "libjpeg-dev",
    ),
    (
        "Error: Please make sure the libxml2 and libxslt development packages are installed.",
        "libxml2 and libxslt",
        "libxml2-dev and libxslt1-dev",
    ),
]


@pytest.mark.parametrize(("output", "missing", "package"), BUILD_CASES)
def test_what_a_build_misses_is_named_with_the_package_that_has_it(
    output: str, missing: str, package: str
) -> None:
    after = "\nerror: subprocess-exited-with-error\nERROR: Failed to build 'x' when building the wheel"
    explanation = explain(1, output + after)
    assert f"{missing} " in f"{explanation.cause} "
    assert "missing to build a package from source" in explanation.cause
    assert f"part of {package}" in explanation.advice


def test_what_nobody_knows_the_package_of_is_named_without_one() -> None:
    unknown = explain(1, "fatal error: own/thing.hpp: No such file or directory")
    assert unknown.cause.startswith("own/thing.hpp is missing")
    assert "Debian" not in unknown.advice


@pytest.mark.parametrize(
    "output",
    [
        "error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory",
        "unable to execute '/usr/bin/gcc-12': No such file or directory",
        "FileNotFoundError: [Errno 2] No such file or directory: 'c++'",
        "ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]",
    ],
)
def test_a_missing_compiler_is_recognised(output: str) -> None:
    assert "has no compiler" in explain(1, output).cause


def test_a_full_disk_and_a_killed_compiler_come_before_what_they_lead_to() -> None:
    assert "disk" in explain(1, "fatal error: ffi.h: ...\nNo space left on device\nFailed to build 'x'").cause
    assert "lack of memory" in explain(1, "c++: fatal error: Killed signal terminated program cc1plus").cause


@pytest.mark.parametrize(
    "piece", ["a", "?", "'", "(", "==", "https://", "error: ", "fatal: ", "a ", "#include <"]
)
def test_what_a_program_prints_costs_no_more_than_its_length(piece: str) -> None:
    """A rule that began anew at each letter took minutes for a line of letters."""
    explain(1, piece * (1_000_000 // len(piece)))


def test_a_path_that_is_no_editable_requirement_is_named() -> None:
    assert "nothing-here" in explain(1, "ERROR: ./nothing-here is not a valid editable requirement.").cause
