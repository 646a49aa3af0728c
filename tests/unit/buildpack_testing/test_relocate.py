"""What is kept of an installation, and what the ELF files are told (real archives: tests/integration)."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildpack_release.errors import MissingToolError, ReleaseError
from buildpack_testing import relocate
from buildpack_testing.installed_pythons import InstalledPython


@pytest.fixture
def python(tmp_path: Path) -> InstalledPython:
    """An installation in miniature; its files are no ELF files."""
    prefix = tmp_path / "prefix"
    stdlib = prefix / "lib" / "python3.12"
    for name in (
        "os.py",
        "__pycache__/os.pyc",
        "test/test_os.py",
        "idlelib/idle.py",
        "idlelib/idle_test/x.py",
        "config-3.12/libpython3.12.a",
        "config-3.12/Makefile",
        "_sysconfigdata__linux.py",
        "site-packages/pip/__init__.py",
        "site-packages/pip/__pycache__/x.pyc",
        "site-packages/pip-1.0.dist-info/METADATA",
        "site-packages/something/__init__.py",
        "site-packages/other.pth",
    ):
        path = stdlib / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"prefix={prefix}\n")
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python3.12").write_text("")
    (prefix / "bin" / "unrelated").write_text("")
    (prefix / "include" / "python3.12").mkdir(parents=True)
    (prefix / "include" / "other").mkdir()
    pkgconfig = prefix / "lib" / "pkgconfig"
    pkgconfig.mkdir()
    (pkgconfig / "python-3.12.pc").write_text(
        f"prefix={prefix}\nexec_prefix=${{prefix}}\nlibdir={prefix}/lib\n"
    )
    return InstalledPython("3.12.1", prefix)


@pytest.fixture
def tree(python: InstalledPython, tmp_path: Path) -> Path:
    tree = tmp_path / "python"
    no_tools = relocate.RelocationTools("/bin/false", "/bin/true", None)
    with pytest.raises(ReleaseError):  # the program is no ELF file: only the copying is looked at
        relocate.make_relocatable(python, tree, no_tools)
    return tree


def _files(tree: Path) -> set[str]:
    return {str(path.relative_to(tree)) for path in tree.rglob("*") if not path.is_dir()}


def test_only_what_belongs_to_this_python_is_copied(tree: Path) -> None:
    assert _files(tree) == {
        *(f"bin/{name}" for name in ("python", "python3", "python3.12", "pip", "pip3", "pip3.12")),
        *(f"lib/pkgconfig/{name}.pc" for name in ("python-3.12", "python3")),
        "lib/python3.12/os.py",
        "lib/python3.12/idlelib/idle.py",
        "lib/python3.12/config-3.12/Makefile",
        "lib/python3.12/_sysconfigdata__linux.py",
        "lib/python3.12/site-packages/pip/__init__.py",
        "lib/python3.12/site-packages/pip-1.0.dist-info/METADATA",
    }


def test_the_build_time_prefix_stays_where_it_stays_upstream(tree: Path, python: InstalledPython) -> None:
    """Patching it is the buildpack's work; a test archive that spares it the work would hide faults."""
    assert str(python.prefix) in (tree / "lib/python3.12/_sysconfigdata__linux.py").read_text()
    text = (tree / "lib/pkgconfig/python-3.12.pc").read_text()
    assert text == "prefix=${pcfiledir}/../..\nexec_prefix=${prefix}\nlibdir=${prefix}/lib\n"


def test_glibc_is_never_bundled(tmp_path: Path) -> None:
    ldd = tmp_path / "ldd"
    ldd.write_text(
        "#!/bin/sh\nprintf '\\tlinux-vdso.so.1 (0x1)\\n\\tlibssl.so.3 => /lib/a b/libssl.so.3 (0x2)\\n"
        "\\tlibc.so.6 => /lib/libc.so.6 (0x3)\\n\\tlibpython3.12.so.1.0 => /x/libpython3.12.so.1.0 (0x4)\\n"
        "\\t/lib64/ld-linux-x86-64.so.2 (0x5)\\n'\n"
    )
    ldd.chmod(0o755)
    tools = relocate.RelocationTools("", str(ldd), None)
    assert dict(relocate._needed(tmp_path / "x.so", tools)) == {"libssl.so.3": Path("/lib/a b/libssl.so.3")}


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    ldd = tmp_path / "ldd"
    ldd.write_text("#!/bin/sh\necho '\tlibx.so.1 => not found'\n")
    ldd.chmod(0o755)
    with pytest.raises(ReleaseError, match=r"libx\.so\.1 is not on this machine"):
        list(relocate._needed(tmp_path / "x.so", relocate.RelocationTools("", str(ldd), None)))


def test_a_machine_without_patchelf_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_args, **_kwargs: None)
    with pytest.raises(MissingToolError, match="patchelf"):
        relocate.find_tools()
