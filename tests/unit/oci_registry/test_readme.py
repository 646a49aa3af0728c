"""The README's example works, and its table names what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import image
from support.registries import client

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

PACKAGE = Path(__file__).parents[3] / "packages/oci-registry"
README = (PACKAGE / "README.md").read_text("utf-8")


def example() -> Callable[..., str]:
    """Return the function of the example."""
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code
    namespace: dict[str, Any] = {}
    exec(compile(code[1], "README.md", "exec", dont_inherit=True), namespace)  # noqa: S102 (our own)
    copy: Callable[..., str] = namespace["copy"]
    return copy


def test_the_example_copies_an_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who uses the client alone starts from it."""
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    content = image(b"a layer", b"another")
    with MemoryRegistry() as source, MemoryRegistry() as target:
        with client(source.host) as there:
            there.repository("acme/app").push(content, ["1.0"])
        assert example()(source.host, target.host, "acme/app", "1.0", tmp_path) == content.root.digest
        assert target.store.state() == source.store.state()


def test_the_table_names_modules_that_exist() -> None:
    """Protects readers from looking for a module that was moved."""
    rows = re.findall(r"^\| (`.*?`) \|", README, re.MULTILINE)
    names = [name for row in rows for name in re.findall(r"`([\w.]+)`", row)]
    assert len(names) > 10
    for name in names:
        place = PACKAGE / "src/oci_registry" / name.replace(".", "/")
        assert place.with_suffix(".py").is_file() or (place / "__init__.py").is_file(), name
