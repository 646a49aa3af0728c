"""The page for platform teams: every configuration on it works, with the real buildpacks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from buildpack_common.parsing import parse_toml
from buildpack_release.builder.builder_check import check_builder
from buildpack_release.builder.create import create_builder
from buildpack_release.model.build_plan import read_plan
from buildpack_release.model.repository import Repository
from buildpack_release.model.targets import DeclaredTarget
from buildpack_release.model.toml_source import TomlSource
from buildpack_release.packaging.package import package as package_buildpacks
from support.builder_parts import base, buildpack, file_in_builder, lifecycle
from support.main_job import ROOT
from support.sample_repository import write

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "packages/buildpack-release/COMPOSE-A-BUILDER.md"
BLOCKS = dict(re.findall(r"```toml\n# ([^\n]+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
BUILDERS = sorted(name for name in BLOCKS if name.endswith("/builder.toml"))
ENTRIES = {
    "python": [
        "python  strata/python-runtime -> strata/pip-tool, strata/app-venv, strata/app-start (alternative 1)"
    ],
    "node": ["python  strata/python-runtime -> acme/node-app (alternative 1)"],
    "other-python": [
        "python  acme/cpython -> strata/pip-tool, strata/app-venv",
        "pip     strata/pip-tool -> strata/app-venv",
        "uv      strata/uv-tool -> strata/app-venv",
        "poetry  strata/poetry-tool -> strata/app-venv",
    ],
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the repository's packages, and small parts in place of those in the page's registry."""
    folder = tmp_path_factory.mktemp("page")
    package_buildpacks(
        Repository.discover(ROOT),
        dist=folder / "dist",
        build=folder / "build",
        targets=[DeclaredTarget("linux", "amd64")],
        report=lambda _: None,
    )
    base(folder / "build-base", files=["usr/bin/python3"])
    lifecycle(folder / "lifecycle.tgz")
    for name in ("node-app", "cpython"):
        buildpack(folder / name, f"acme/{name}@1.0.0")
    return folder


def place(name: str, root: Path, into: Path) -> Path:
    """Write a configuration of the page with our parts in it, and what is declared for it."""
    text = BLOCKS[f"{name}/builder.toml"].replace("lifecycle.tgz", f"{root}/lifecycle.tgz")
    text = text.replace("registry.example.com/acme/build-base:1", f"oci:{root}/build-base/layout")
    text = re.sub(r'"registry\.example\.com/acme/(node-app|cpython):1"', rf'"{root}/\1"', text)
    text = text.replace("registry.example.com/acme/run-base:1", "example/run")
    plans = BLOCKS.get(f"{name}/builder.plans.toml")
    if plans is not None:
        write(into / "builder.plans.toml", plans)
    return write(into / "builder.toml", text)


def test_the_page_has_the_three_compositions() -> None:
    assert [f"{name}/builder.toml" for name in sorted(ENTRIES)] == BUILDERS


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_a_composition_works_and_is_proved(name: str, root: Path, tmp_path: Path) -> None:
    config = place(name, root, tmp_path)
    report = check_builder(config, root=root, report=lambda _: None)
    assert [finding.code for finding in report.findings] == ["run-image"], list(report.lines())
    lines = [line.strip() for line in report.lines()]
    assert all(entry in lines for entry in ENTRIES[name]), lines
    create_builder(config, str(tmp_path / "out"), dist=root / "dist", report=lambda _: None)
    groups = parse_toml(file_in_builder(tmp_path / "out", "/cnb/order.toml"))["order"]
    wanted = parse_toml(BLOCKS[f"{name}/builder.toml"])["order"]
    assert [[one["id"] for one in group["group"]] for group in groups] == [
        [one["id"] for one in group["group"]] for group in wanted
    ]


@pytest.mark.parametrize(
    ("kept", "left_out", "plans"), [("pip", "uv", ["08-uv-chosen", "15-uv"]), ("uv", "pip", ["10-inputs"])]
)
def test_one_tool_behind_somebody_elses_python_is_a_builder(
    root: Path, tmp_path: Path, kept: str, left_out: str, plans: list[str]
) -> None:
    """Apps for the other tool are not for it, which is no fault of it."""
    config = place("other-python", root, tmp_path)
    name = f"strata/{left_out}-tool"
    text = config.read_text().replace(f'[[buildpacks]]\nuri = "{name}"\n\n', "")
    config.write_text(text.replace(f'[[order.group]]\nid = "{name}"\noptional = true\n\n', ""))
    assert name not in config.read_text()
    report = check_builder(config, root=root, report=lambda _: None)
    assert report.ok
    notes = [one.message for one in report.findings if one.code == "plan-left-out"]
    assert [note.partition(" detects by ")[2].partition(":")[0] for note in notes] == plans
    assert all(f"it requires {left_out}, which nothing in the group provides" in note for note in notes)
    lines = [line.strip() for line in report.lines()]
    assert any(line.split() == [kept, f"strata/{kept}-tool", "->", "strata/app-venv"] for line in lines), (
        lines
    )
    create_builder(config, str(tmp_path / "out"), dist=root / "dist", report=lambda _: None)


def test_what_is_not_declared_is_not_proved(root: Path, tmp_path: Path) -> None:
    """Each declaration on the page is needed."""
    for name in ("node", "other-python"):
        config = place(name, root, tmp_path)
        (tmp_path / "builder.plans.toml").unlink()
        report = check_builder(config, root=root, report=lambda _: None)
        assert [one.code for one in report.findings if one.code != "run-image"] == ["unknown-plan"]


def test_the_plan_on_the_page_asks_for_the_build_alone(tmp_path: Path) -> None:
    plan, _ = read_plan(TomlSource.parse(BLOCKS["plan of acme/node-app"], tmp_path))
    (requirement,) = plan.alternatives[0].requires
    assert (requirement.name, requirement.metadata) == ("python", {"build": True})


def test_the_example_of_declarations_is_read(root: Path, tmp_path: Path) -> None:
    config = place("node", root, tmp_path)
    write(tmp_path / "builder.plans.toml", BLOCKS["builder.plans.toml"])
    assert check_builder(config, root=root, report=lambda _: None).ok
