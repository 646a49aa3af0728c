"""What packages carry: what they are called, and who carries which part."""

from __future__ import annotations

from buildpack_release.dist.embedded import Embedded, EmbeddedRuntime
from buildpack_release.model.targets import DeclaredTarget

AMD = DeclaredTarget("linux", "amd64")
INTERPRETER = Embedded(interpreters={AMD: "sha256:a"})
RUNTIMES = Embedded(runtimes={AMD: (EmbeddedRuntime("3.13.0", "b"),)}, catalogue="sha256:c")


def test_the_name_says_what_is_carried() -> None:
    assert Embedded().variant == ""
    assert INTERPRETER.variant == "self-contained"
    assert RUNTIMES.variant == "offline"
    assert Embedded.union([INTERPRETER, RUNTIMES, Embedded()]).variant == "self-contained-offline"


def test_the_parts_make_up_the_whole_again() -> None:
    """An interpreter and archives may be carried by different buildpacks."""
    whole = Embedded(INTERPRETER.interpreters, RUNTIMES.runtimes, RUNTIMES.catalogue)
    parts = [whole.only(interpreter=True, runtimes=False), whole.only(interpreter=False, runtimes=True)]
    assert parts == [INTERPRETER, RUNTIMES]
    assert Embedded.union(parts) == whole
    assert len(whole.facts()) == 3
    assert whole.described() == ["Python 3.13.0 for linux/amd64"]
