"""The page of all variables and service bindings, made from the tables that the code itself reads.

python scripts/variables_page.py            # any Python 3.10 or newer: write docs/variables.md anew
python scripts/variables_page.py --check    # end with 1 if it is not up to date, or a variable is in no table
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from environments import SetupError, read_toml
from markdown_links import tracked

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/variables.md"
NAME = re.compile(r"(?<![A-Za-z0-9_])(?:BPL?|STRATA)_[A-Z][A-Z0-9_]*(?<!_)(?![A-Za-z0-9_*<])")
"""A variable of this project: BP_ for builds, BPL_ in containers, STRATA_ for who makes buildpacks."""

_SOURCES = re.compile(
    r"packages/[^/]+/(src|share)/|buildpacks/[^/]+/(src|detect)/|scripts/|\.ci/|\.github/|\.gitlab/|\w+\.py$"
)
_TESTS = re.compile(r"tests/")
_OF_TESTS = "STRATA_"  # builds of tests have BP_ variables that are made up

_INTRODUCTION = """\
# All variables

Made by `scripts/variables_page.py` from the tables that the code reads.

Set the variables for the build of an app with the platform, `pack build --env NAME=VALUE`, or put them in
the app's `project.toml`, for everybody who builds it:

```toml
[_]
schema-version = "0.2"

[[io.buildpacks.build.env]]
name = "BP_PYTHON_VERSION"
value = "3.13"
```

An empty variable counts as not set. Common variables keep their usual meaning: proxies (`HTTPS_PROXY`,
`HTTP_PROXY`, `NO_PROXY`), certificates (`SSL_CERT_FILE`, `SSL_CERT_DIR`), and what [configures pip, uv and
Poetry](../buildpacks/app-venv/README.md#configuration)."""
_FLEET = ("STRATA_FLEET", "images", "which images the weekly workflow patches; without it nothing happens")


def find_sources(root: Path) -> None:
    """Put all code of a repository on the path: importing declarations takes the standard library only."""
    sys.path += (
        str(path) for pattern in ("packages/*/src", "buildpacks/*/src") for path in root.glob(pattern)
    )
    sys.path.append(str(root / "tests"))


def page(root: Path) -> str:
    """Return the page of all variables. The code has to be on the path."""
    return "\n\n".join(_parts(root)) + "\n"


def undocumented(root: Path, text: str) -> list[str]:
    """Return each name in the code that the page does not have, with the first file that has it, sorted.

    Raises SetupError where git does not list the files.
    """
    tables = {name for line in text.splitlines() if line.startswith("| `") for name in NAME.findall(line)}
    found: dict[str, str] = {}
    for file in sorted(tracked(root)):
        beginning = "" if _SOURCES.match(file) else _OF_TESTS if _TESTS.match(file) else None
        if beginning is None:
            continue
        for name in NAME.findall((root / file).read_text("utf-8", errors="replace")):
            if name.startswith(beginning) and name not in tables and not _of_a_host(name):
                found.setdefault(name, f"{file}: {name} is in no table of variables")
    return sorted(found.values())


def _parts(root: Path) -> Iterator[str]:
    common = importlib.import_module("buildpack_common.environment_variables")
    components = dict(_settings(root))
    yield _INTRODUCTION
    yield "## When an app is built"
    for folder, settings in components.items():
        yield f"### [`strata/{folder}`](../buildpacks/{folder}/README.md#configuration)"
        yield _from_docs(common.table(settings.VARIABLES), folder)
    yield "### Every buildpack"
    yield common.table((common.BUILD_PYTHON,))
    yield "## In a running container"
    yield "Read by what [`strata/app-start`](../buildpacks/app-start/README.md#environment) starts."
    yield common.table(components["app-start"].CONTAINER_VARIABLES)
    yield "## Service bindings"
    yield (
        "A directory with a file `type` and one file for each entry, as [servicebinding.io](https://servicebinding.io/)"
        " describes it;\n`pack build --volume DIRECTORY:/platform/bindings/NAME`. For Python itself:"
    )
    yield common.binding_table(components["python-runtime"].BINDINGS)
    yield (
        "For [packages and git repositories](../buildpacks/app-venv/README.md"
        "#package-indexes-and-repositories-with-a-password), and for another pip, uv or Poetry:"
    )
    yield common.binding_table(bindings_for_packages())
    yield "## For maintainers"
    yield "Read by `./scripts/inv`, beside [its options](../packages/buildpack-release/README.md):"
    yield common.table(_declared("buildpack_release.maintainer_variables"))
    yield "A login at a registry, before those that docker, podman and skopeo keep:"
    yield common.table(_declared("oci_registry.remote.credentials"))
    yield "Read by the workflows of a forge:"
    yield common.table((common.Variable(_FLEET[0], _FLEET[2], form=_FLEET[1]),))
    yield "## For tests"
    tests = (*_declared("buildpack_testing.cnb.tools"), *_declared("support.variables_of_tests"))
    yield common.table(tests)


def bindings_for_packages() -> dict[str, str]:
    """Return the types of bindings with which packages are fetched, and what their entries are."""
    index, git, bindings = (
        importlib.import_module(f"buildpack_api.{name}")
        for name in ("index_bindings", "git_access", "bindings")
    )
    return {**index.INDEX_BINDINGS, **git.GIT_BINDINGS, bindings.CA_CERTIFICATES: bindings.CERTIFICATES}


def _settings(root: Path) -> Iterator[tuple[str, Any]]:
    """Each component's folder and its module of settings, in the order of the composite."""
    (order,) = read_toml(root / "buildpacks/python/buildpack.toml")["order"]
    for member in order["group"]:
        folder = member["id"].partition("/")[2]
        yield folder, importlib.import_module(f"{folder.replace('-', '_')}.settings")


def _declared(module: str) -> Any:  # noqa: ANN401  (a tuple of Variable, which is on the path only later)
    return importlib.import_module(module).VARIABLES


def _from_docs(table: str, folder: str) -> str:
    """Let links of a component's README lead to the same place from this page."""
    home = f"../buildpacks/{folder}/"
    there = re.sub(r"\]\(#", f"]({home}README.md#", table)
    return re.sub(r"\]\((?!https?:|\.\./)", f"]({home}", there)


def _of_a_host(name: str) -> bool:
    """Tell whether it is an example of a name that the table has a pattern for."""
    return name.startswith("BP_DEPENDENCY_MIRROR_")


def main() -> None:
    """Write the page, or say what is wrong with it."""
    find_sources(ROOT)
    text, file = page(ROOT), ROOT / PAGE
    if sys.argv[1:] == ["--check"]:
        stale = not file.is_file() or file.read_text("utf-8") != text
        faults = [f"{PAGE} is not up to date: run python scripts/variables_page.py"] if stale else []
        try:
            faults += undocumented(ROOT, text)
        except SetupError as error:
            sys.exit(f"variables_page: {error}")
        if faults:
            sys.exit("\n".join(faults))
    elif sys.argv[1:]:
        sys.exit(f"variables_page: unknown option {sys.argv[1]}; there is: --check")
    else:
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
