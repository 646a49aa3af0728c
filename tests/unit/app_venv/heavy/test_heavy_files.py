"""Which files are moved: by the wheel alone, never programs, never what others may have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.environment.installed import installed_distributions
from app_venv.heavy.heavy_files import SMALLEST_FILE, heavy_wheels, is_heavy
from support.elf_files import EXECUTABLE, PIE, elf_file
from support.heavy_wheels import install, resolution

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.evidence.resolution import InstallationResolution

BIG = bytes(SMALLEST_FILE)
LIBRARY = elf_file(content=BIG)
SMALL_LIBRARY = elf_file(content=BIG[1000:])
PROGRAM = elf_file(content=BIG, loader="/lib64/ld-linux-x86-64.so.2")


def found(root: Path, chosen: InstallationResolution, *, least: int = 1) -> dict[str, list[str]]:
    wheels = heavy_wheels(installed_distributions(root), chosen, least=least)
    return {one.distribution: sorted(one.files) for one in wheels}


@pytest.mark.parametrize(
    ("name", "content", "executable", "heavy"),
    [
        ("pkg/ext.cpython-313-x86_64-linux-gnu.so", LIBRARY, False, True),
        ("pkg.libs/libblas-1a2b.so.0.3", LIBRARY, True, True),
        ("pkg/model.bin", BIG, False, True),
        ("pkg/weights", BIG, False, True),
        ("pkg/libstatic.a", b"!<arch>\n" + BIG, False, True),
        ("pkg/bin/tool", PROGRAM, True, False),
        ("pkg/bin/tool", PROGRAM, False, False),
        ("pkg/libstarts.so", PROGRAM, True, False),
        ("pkg/bin/fixed", elf_file(content=BIG, kind=EXECUTABLE), False, False),
        ("pkg/bin/static", LIBRARY, True, False),
        ("pkg/bin/static.so", elf_file(content=BIG, flags_1=PIE), False, False),
        ("pkg/bin/archive", BIG, True, False),
        ("pkg/libembedded.so", elf_file(("libpython3.13.so.1.0",), content=BIG), False, False),
        ("pkg/another.so", b"\x7fELF\x01\x01" + BIG, False, False),
        ("pkg/tables.py", b"# \0" + BIG, False, False),
        ("pkg/tables.pyi", BIG, False, False),
        ("pkg/words.txt", b"word\n" * SMALLEST_FILE, False, False),
        ("pkg/static/app.wasm", BIG, False, False),
        ("pkg/static/font.woff2", BIG, False, False),
        ("pkg-1.0.dist-info/sboms/big.bin", BIG, False, False),
    ],
)
def test_libraries_and_data_are_and_programs_and_what_is_read_as_text_are_not(
    name: str, content: bytes, executable: bool, heavy: bool, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    path.chmod(0o755 if executable else 0o644)
    assert is_heavy(path, name) is heavy


def test_a_link_is_not(tmp_path: Path) -> None:
    (tmp_path / "there.bin").write_bytes(BIG)
    (tmp_path / "link.bin").symlink_to("there.bin")
    assert not is_heavy(tmp_path / "link.bin", "link.bin")


def test_small_files_stay_and_so_do_wheels_with_little(tmp_path: Path) -> None:
    install(tmp_path, "pkg", {"pkg/a.so": LIBRARY, "pkg/b.so": SMALL_LIBRARY, "pkg/__init__.py": BIG})
    chosen = resolution("pkg")
    assert found(tmp_path, chosen) == {"pkg": ["pkg/a.so"]}
    assert found(tmp_path, chosen, least=len(LIBRARY)) == {"pkg": ["pkg/a.so"]}
    assert found(tmp_path, chosen, least=len(LIBRARY) + 1) == {}


@pytest.mark.parametrize(
    "chosen",
    [
        resolution("pkg", published=False),
        resolution("pkg", origin="sha512:5"),
        resolution("pkg", origin="unprovable"),
        resolution("other"),
    ],
)
def test_only_wheels_of_an_index_with_a_known_digest_have_a_layer(
    chosen: InstallationResolution, tmp_path: Path
) -> None:
    install(tmp_path, "pkg", {"pkg/a.so": LIBRARY})
    assert found(tmp_path, chosen) == {}


def test_what_two_distributions_have_in_common_keeps_both_whole(tmp_path: Path) -> None:
    """Whose file it is depends on the order; the layer must not depend on what else is installed."""
    install(tmp_path, "headless", {"cv/a.so": LIBRARY, "cv/b.so": LIBRARY})
    assert found(tmp_path, resolution("headless")) == {"headless": ["cv/a.so", "cv/b.so"]}
    install(tmp_path, "windowed", {"cv/a.so": LIBRARY})
    assert found(tmp_path, resolution("headless", "windowed")) == {}


@pytest.mark.parametrize("content", [LIBRARY + b"\0", LIBRARY[:-1] + b"\1"])
def test_a_file_that_is_not_the_recorded_one_keeps_its_distribution_whole(
    content: bytes, tmp_path: Path
) -> None:
    install(tmp_path, "pkg", {"pkg/a.so": LIBRARY, "pkg/b.so": LIBRARY})
    (tmp_path / "pkg/b.so").write_bytes(content)
    assert found(tmp_path, resolution("pkg")) == {}


def test_a_java_vm_stays_together(tmp_path: Path) -> None:
    install(tmp_path, "vm", {"vm/lib/server/libjvm.so": b"small", "vm/lib/modules": BIG})
    assert found(tmp_path, resolution("vm")) == {}


def test_files_outside_of_the_packages_stay(tmp_path: Path) -> None:
    root = tmp_path / "lib/python3.13/site-packages"
    install(root, "pkg", {"../../../share/pkg/big.bin": BIG, "pkg/a.so": LIBRARY})
    assert found(root, resolution("pkg")) == {"pkg": ["pkg/a.so"]}
