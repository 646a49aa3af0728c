"""Prefix and tool chain in sysconfig's data become those of the layer and the image."""

from __future__ import annotations

import ast
import json
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from python_runtime.sysconfig_files import adapt

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = {
    "prefix": "/install",
    "exec_prefix": "/install",
    "LIBDIR": "/install/lib",
    "INCLUDEPY": "/install/include/python3.14",
    "CC": "clang -pthread",
    "CXX": "/tools/llvm/bin/clang++ -pthread",
    "AR": "/tools/llvm/bin/llvm-ar",
    "LDSHARED": "clang -pthread -shared -Wl,-rpath,/install/lib -L/install/lib",
    "BLDSHARED": "/usr/bin/aarch64-linux-gnu-gcc -shared",
    "LINKCC": "clang-19 -pthread",
    "CFLAGS": "-I/install/include -O3 -DX='\"/install/share\"'",
    "OPT": "-DNDEBUG -g -O3 -Wall",
    "PY_CFLAGS": "-fno-strict-overflow -g3 -O3 -gsplit-dwarf -gdwarf-4 -fdebug-x -gz-x -g",
    "PY_CFLAGS_NODIST": "-g -std=c11",
    "INSTALL": "/usr/bin/install -c",
    "SRC": "/build/install/lib /install_only /install.d",
    "CONFIG_ARGS": "'--prefix=/install' '--with-openssl=/tools/deps' 'CC=clang' "
    "'PKG_CONFIG_PATH=/tools/deps/share/pkgconfig:/tools/deps/lib/pkgconfig' 'LDFLAGS=-s -L/tools/deps/lib'",
    "LDFLAGS": "-Wl,-z,noexecstack -L/tools/deps/lib -Wl,-rpath,/tools/deps/lib -LModules/_hacl",
    "CPPFLAGS": "-I. -I/tools/deps/include -I/tools/deps/include/ncursesw",
    "LLVM_PROF_MERGER": '/tools/llvm/bin/llvm-profdata merge -output="$(shell pwd)/code"',
    "PYTHON_FOR_FREEZE": "/tools/host/bin/python3.14",
    "OWN": "/opt/tools/deps /usr/tools/llvm/x -I/my/tools/deps",
    "Py_GIL_DISABLED": 0,
    "VERSION": "3.14",
}
MAKEFILE = """\
prefix=\t\t/install
CC=\t\tclang -pthread
AR=             llvm-ar
OPT=\t\t-DNDEBUG -g -O3
CFLAGS=\t\t$(OPT)  -g
CONFINCLUDEDIR=\t$(prefix)/include
PYTHON_FOR_BUILD=clang
PYTHON_FOR_REGEN?=/tools/host/bin/python3.14
DEPS=/tools/deps/lib
\t  /tools/llvm/bin/llvm-bolt "$${bin}" -instrument
x.o: x.c; $(CC)  -I/tools/deps/include -I/tools/deps/include/edit -c x.c
"""
CONFIG = """\
#!/bin/sh
prefix="/install"
prefix_real=$(dirname "$(dirname "$0")")
includedir=$(echo "${prefix}/include" | sed "s#$prefix#$prefix_real#")
CFLAGS=$(echo "-g -fPIC -I/tools/deps/include" | sed "s#$prefix#$prefix_real#")
BASECFLAGS=" -Wall -g"
LIBS="-L/tools/deps/lib -lpthread"
OPT="-DNDEBUG -g -O3"
[ "$1" = --ldflags ] && echo "$LIBS" && exit
echo "-I$includedir $BASECFLAGS $CFLAGS $OPT"
"""
PKG_CONFIG = "prefix=/install\nlibdir=${prefix}/lib\nLibs.private: -L/tools/deps/lib -lm\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "layers" / "a b" / "cpython"
    lib = tree / "lib" / "python3.14"
    (lib / "config-3.14-x86_64-linux-gnu").mkdir(parents=True)
    (tree / "lib" / "pkgconfig").mkdir()
    source = f"# comment\nbuild_time_vars = {VARIABLES!r}\n"
    (lib / "_sysconfigdata__linux_x86_64-linux-gnu.py").write_text(source)
    (lib / "config-3.14-x86_64-linux-gnu" / "Makefile").write_text(MAKEFILE)
    (lib / "config-3.14-x86_64-linux-gnu" / "Setup.local").write_text("_x _x.c -I/tools/deps/include -lx\n")
    stale = {**VARIABLES, "LDFLAGS": "-L/tools/deps/lib -g", "base": "/install", "count": 3, "nothing": None}
    (lib / "_sysconfig_vars__linux_x86_64-linux-gnu.json").write_text(json.dumps(stale))
    (lib / "build-details.json").write_text(
        '{"base_prefix": "/install", "x": "/install/lib/libpython3.14.so"}'
    )
    (tree / "lib" / "pkgconfig" / "python-3.14.pc").write_text(PKG_CONFIG)
    (tree / "bin").mkdir()
    (tree / "bin" / "python3.14-config").write_text(CONFIG)
    (tree / "bin" / "python3-config").symlink_to("python3.14-config")
    return tree


def variables(tree: Path) -> dict[str, object]:
    source = (tree / "lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py").read_text()
    found: dict[str, object] = ast.literal_eval(source.partition("build_time_vars = ")[2])
    return found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prefix", "{tree}"),
        ("LIBDIR", "{tree}/lib"),
        ("INCLUDEPY", "{tree}/include/python3.14"),
        ("CC", "cc -pthread"),
        ("CXX", "c++ -pthread"),
        ("AR", "ar"),
        ("LDSHARED", "cc -pthread -shared -Wl,-rpath,{tree}/lib -L{tree}/lib"),
        ("BLDSHARED", "cc -shared"),
        ("LINKCC", "cc -pthread"),
        ("CFLAGS", "-I{tree}/include -O3 -DX='\"{tree}/share\"'"),
        ("OPT", "-DNDEBUG -O3 -Wall"),
        ("PY_CFLAGS", "-fno-strict-overflow -O3 -fdebug-x -gz-x "),
        ("PY_CFLAGS_NODIST", "-std=c11"),
        ("INSTALL", "/usr/bin/install -c"),
        ("SRC", "/build/install/lib /install_only /install.d"),
        ("CONFIG_ARGS", "'--prefix={tree}' 'CC=clang' "),
        ("LDFLAGS", "-Wl,-z,noexecstack -LModules/_hacl"),
        ("CPPFLAGS", "-I. "),
        ("LLVM_PROF_MERGER", 'llvm-profdata merge -output="$(shell pwd)/code"'),
        ("PYTHON_FOR_FREEZE", "python3.14"),
        ("OWN", "/opt/tools/deps /usr/tools/llvm/x -I/my/tools/deps"),
        ("Py_GIL_DISABLED", 0),
        ("VERSION", "3.14"),
        ("PYTHON_BUILD_STANDALONE", 1),
    ],
)
def test_variables(name: str, value: object, tree: Path) -> None:
    adapt(tree, "3.14")

    expected = value.format(tree=tree) if isinstance(value, str) else value
    assert variables(tree)[name] == expected


def test_the_makefile_json_and_pkg_config_files_follow(tree: Path) -> None:
    adapt(tree, "3.14")

    makefile = (tree / "lib/python3.14/config-3.14-x86_64-linux-gnu/Makefile").read_text()
    assert makefile.splitlines() == [
        f"prefix=\t\t{tree}",
        "CC=\t\tcc -pthread",
        "AR=             ar",
        "OPT=\t\t-DNDEBUG -O3",
        "CFLAGS=\t\t$(OPT)  ",
        "CONFINCLUDEDIR=\t$(prefix)/include",
        "PYTHON_FOR_BUILD=clang",
        "PYTHON_FOR_REGEN?=python3.14",
        "DEPS=",
        '\t  llvm-bolt "$${bin}" -instrument',
        "x.o: x.c; $(CC)  -c x.c",
    ]
    setup = tree / "lib/python3.14/config-3.14-x86_64-linux-gnu/Setup.local"
    assert setup.read_text() == "_x _x.c -lx\n"
    details = json.loads((tree / "lib/python3.14/build-details.json").read_text())
    assert details == {"base_prefix": str(tree), "x": f"{tree}/lib/libpython3.14.so"}
    description = (tree / "lib/pkgconfig/python-3.14.pc").read_text().splitlines()
    assert description == [f"prefix={tree}", "libdir=${prefix}/lib", "Libs.private: -lm"]


def test_the_copy_in_json_says_the_same_and_what_only_it_has_is_moved(tree: Path) -> None:
    adapt(tree, "3.14")

    copy = json.loads((tree / "lib/python3.14/_sysconfig_vars__linux_x86_64-linux-gnu.json").read_text())
    assert copy == {**variables(tree), "base": str(tree), "count": 3, "nothing": None}


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_a_copy_that_is_none_is_left_alone(content: str, tree: Path) -> None:
    copy = tree / "lib/python3.14/_sysconfig_vars__linux_x86_64-linux-gnu.json"
    copy.write_text(content)

    adapt(tree, "3.14")

    assert copy.read_text() == content


def test_python_config_tells_no_debugging_and_no_path_of_the_builder(tree: Path) -> None:
    adapt(tree, "3.14")

    config = tree / "bin" / "python3-config"
    assert config.is_symlink()
    cflags, ldflags = (
        subprocess.run(["sh", config, option], capture_output=True, text=True, check=True).stdout.split()
        for option in ("--cflags", "--ldflags")
    )
    assert " ".join(cflags) == f"-I{tree}/include -Wall -fPIC -DNDEBUG -O3"
    assert ldflags == ["-lpthread"]


def test_nothing_names_the_tools_of_the_builder(tree: Path) -> None:
    adapt(tree, "3.14")

    texts = [
        path.read_text().replace(str(VARIABLES["OWN"]), "") for path in tree.rglob("*") if path.is_file()
    ]
    assert not [text for text in texts if "/tools/" in text]


def test_another_prefix_than_python_build_standalones_is_replaced_without_its_mark(tree: Path) -> None:
    data = tree / "lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py"
    data.write_text(data.read_text().replace("/install", "/opt/own"))

    adapt(tree, "3.14")

    assert variables(tree)["LIBDIR"] == f"{tree}/lib"
    assert "PYTHON_BUILD_STANDALONE" not in variables(tree)


@pytest.mark.parametrize("prefix", ["/usr", "/", "", "relative"])
def test_a_prefix_that_is_everywhere_is_left_alone(prefix: str, tree: Path) -> None:
    data = tree / "lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py"
    before = f"build_time_vars = { ({'prefix': prefix, 'INSTALL': '/usr/bin/install'})!r}\n"
    data.write_text(before)

    adapt(tree, "3.14")

    assert data.read_text() == before


@pytest.mark.parametrize(
    "source", ["", "x = 1\n", "build_time_vars = dict(prefix='/install')\n", "not python ("]
)
def test_a_module_that_looks_different_is_left_alone(source: str, tree: Path) -> None:
    data = tree / "lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py"
    data.write_text(source)

    adapt(tree, "3.14")

    assert data.read_text() == source


def test_doing_it_twice_is_doing_it_once(tree: Path) -> None:
    adapt(tree, "3.14")
    once = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    adapt(tree, "3.14")

    assert {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()} == once


def test_modes_stay(tree: Path) -> None:
    data = tree / "lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py"
    data.chmod(0o755)

    adapt(tree, "3.14")

    assert stat.S_IMODE(data.stat().st_mode) == 0o755
