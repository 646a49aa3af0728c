"""The list of apps for kpack is read strictly: each fault has its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed
from buildpack_release.kpack.kpack_apps import is_label, is_resource_name, read_apps

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
[[apps]]
name = "web"
tag = "registry.example/web:1"
git = "https://git.example/web"
revision = "main"
"""


def test_an_app_is_read(tmp_path: Path) -> None:
    file = tmp_path / "apps.toml"
    file.write_text(f'{GOOD}sub-path = "src"\nnamespace = "shop"\nenv = {{ BP_PYTHON_VERSION = "3.13" }}\n')
    (app,) = read_apps(file)
    assert (app.name, app.revision, app.sub_path, app.namespace) == ("web", "main", "src", "shop")
    assert app.env == (("BP_PYTHON_VERSION", "3.13"),)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", None, "no app is in this file"),
        (GOOD.replace("web", "Web", 1), 2, "no name of an app"),
        (GOOD.replace("web", "a" * 63 + ".b", 1), 2, "no name of an app"),
        (GOOD.replace("git.example", "user:pa55word@git.example"), 4, 'a password in "git"'),
        (GOOD + 'env = { PIP_INDEX_URL = "https://u:pa55word@x.example/" }\n', 6, 'a password in "env"'),
        (GOOD + 'env = { ADDRESS = "https://u:pa55word@x.example/" }\n', 6, 'a password in "env"'),
        (GOOD + 'env = { UV_PUBLISH_TOKEN = "pa55word" }\n', 6, 'a password in "env"'),
        (GOOD.replace("revision", "revison"), 5, "unknown key"),
        (GOOD.replace('revision = "main"', 'blob = "https://x.example/a.zip"'), 5, "one source"),
        (GOOD.replace('git = "https://git.example/web"\nrevision = "main"\n', ""), 1, "one source"),
        (GOOD.replace('revision = "main"\n', ""), 4, "belong together"),
        (GOOD.replace("registry.example/web:1", "web:1"), 3, "names no registry"),
        (
            GOOD.replace("registry.example/web:1", f"registry.example/web@sha256:{'0' * 64}"),
            3,
            "not to a digest",
        ),
        (GOOD + 'namespace = "a.b"\n', 6, "no name (RFC 1123)"),
        (GOOD + "env = { A = 1 }\n", 6, "must be a string"),
        (GOOD + GOOD, 7, "two apps called web"),
    ],
)
def test_a_fault_has_its_line(tmp_path: Path, text: str, line: int | None, message: str) -> None:
    """Nothing is left out silently."""
    file = tmp_path / "apps.toml"
    file.write_text(text)
    with pytest.raises(CheckFailed) as found:
        read_apps(file)
    assert message in found.value.title
    assert "pa55word" not in f"{found.value}"
    if line is not None:
        assert found.value.line == line


def test_names_are_those_of_the_standard() -> None:
    """RFC 1123, as Kubernetes holds it."""
    assert is_resource_name("a-1.b")
    assert not any(map(is_resource_name, ("", "A", "-a", "a-", "a..b", "a_b", "a" * 254, "a" * 64)))
    assert is_label("a-1")
    assert not is_label("a.b")
