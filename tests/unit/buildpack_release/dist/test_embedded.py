"""What packages carry: what they are called, and who carries which part."""

from __future__ import annotations

import json

from buildpack_release.dist.embedded import Embedded, EmbeddedRuntime, EmbeddedTool
from buildpack_release.model.targets import DeclaredTarget

AMD = DeclaredTarget("linux", "amd64")
INTERPRETER = Embedded(interpreters={AMD: "sha256:a"})
RUNTIMES = Embedded(runtimes={AMD: (EmbeddedRuntime("3.13.0", "b"),)}, catalogue="sha256:c")
TOOLS = Embedded(tools={AMD: (EmbeddedTool("acme/uv", "uv", "1.0", "d"),)})
OTHERS = Embedded(tools={AMD: (EmbeddedTool("acme/other", "other", "2.0", "e"),)})


def test_the_name_says_what_is_carried() -> None:
    assert Embedded().variant == ""
    assert INTERPRETER.variant == "self-contained"
    assert RUNTIMES.variant == TOOLS.variant == "offline"
    assert Embedded.union([INTERPRETER, RUNTIMES, Embedded()]).variant == "self-contained-offline"


def test_the_parts_make_up_the_whole_again() -> None:
    """An interpreter and archives may be carried by different buildpacks."""
    whole = Embedded.union([INTERPRETER, RUNTIMES, TOOLS, OTHERS])
    parts = [
        whole.only(interpreter=True, runtimes=False),
        whole.only(interpreter=False, runtimes=True),
        whole.only(interpreter=False, runtimes=False, tools_of="acme/uv"),
        whole.only(interpreter=False, runtimes=False, tools_of="acme/other"),
    ]
    assert parts == [INTERPRETER, RUNTIMES, TOOLS, OTHERS]
    assert Embedded.union(parts) == whole
    assert len(whole.facts()) == 5
    assert whole.described() == [
        "Python 3.13.0 for linux/amd64", "uv 1.0 for linux/amd64", "other 2.0 for linux/amd64",
    ]  # fmt: skip


def test_the_manifest_keeps_all_of_it() -> None:
    whole = Embedded.union([INTERPRETER, RUNTIMES, TOOLS])
    assert Embedded.read(json.loads(json.dumps(whole.data()))) == whole
