from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.versions.diff import unified_diff
from buildpack_release.versions.replacement import Replacement

TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "\n", "c\r\n", "\u2028d\n", "e"]), max_size=6).map("".join)


def test_no_differences(tmp_path: Path) -> None:
    """Nothing to show."""
    assert unified_diff(tmp_path, [Replacement(tmp_path / "a", b"x", b"x")]) == ""


def test_the_form(tmp_path: Path) -> None:
    """Paths below the root, and a missing newline is said."""
    diff = unified_diff(tmp_path, [Replacement(tmp_path / "d/a", b"x\ny", b"x\nz")])
    no_newline = "\n\\ No newline at end of file\n"
    assert diff == f"--- a/d/a\n+++ b/d/a\n@@ -1,2 +1,2 @@\n x\n-y{no_newline}+z{no_newline}"


@given(TEXTS.filter(bool), TEXTS.filter(bool))
def test_git_applies_it(old: str, new: str) -> None:
    """It is a true diff, with any line ends, and for a name with a blank."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a file")
        path.write_bytes(old.encode())
        diff = unified_diff(Path(folder), [Replacement(path, old.encode(), new.encode())])
        if diff:
            command = ["git", "apply", "--whitespace=nowarn", "--unidiff-zero", "-"]
            subprocess.run(command, cwd=folder, input=diff.encode(), check=True)
        assert path.read_bytes() == new.encode()
