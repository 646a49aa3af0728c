from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_api import toml
from buildpack_api.errors import ConfigurationError, PlatformError
from buildpack_api.plan import BuildpackPlan, MergedEntries, PlanEntry, VersionConstraint

METADATA = st.fixed_dictionaries(
    {},
    optional={
        "build": st.booleans(),
        "launch": st.booleans(),
        "version": st.sampled_from(["", "3.12", "3.13", ">=3.10"]),
        "version-source": st.sampled_from(["a", "b"]),
    },
)
ENTRIES = st.lists(st.builds(PlanEntry, st.sampled_from(["python", "pip"]), METADATA), max_size=6)


def read(tmp_path: Path, text: str) -> BuildpackPlan:
    path = tmp_path / "plan.toml"
    path.write_text(text)
    return BuildpackPlan.from_file(path)


def test_an_empty_file_is_an_empty_plan(tmp_path: Path) -> None:
    assert read(tmp_path, "") == BuildpackPlan()


def test_entries_are_read_in_order(tmp_path: Path) -> None:
    plan = read(
        tmp_path,
        """
        [[entries]]
        name = "python"
        [entries.metadata]
        build = true
        version = "3.12"
        version-source = "requirements"
        [[entries]]
        name = "python"
        metadata = {launch = true, version = " 3.13 "}
        [[entries]]
        name = "pip"
        """,
    )
    assert [entry.name for entry in plan.entries] == ["python", "python", "pip"]
    merged = MergedEntries(
        build=True,
        launch=True,
        versions=(VersionConstraint("3.12", "requirements"), VersionConstraint("3.13")),
    )
    assert plan.merged("python") == merged
    assert plan.merged("pip") == MergedEntries()
    assert plan.merged("unknown") == MergedEntries()


@given(ENTRIES)
def test_the_order_of_entries_matters_for_versions_only(entries: list[PlanEntry]) -> None:
    plan = BuildpackPlan(tuple(entries))
    turned = BuildpackPlan(tuple(reversed(entries)))
    assert (plan.merged("python").build, plan.merged("python").launch) == (
        turned.merged("python").build,
        turned.merged("python").launch,
    )


@given(ENTRIES, METADATA)
def test_one_more_entry_adds_wishes_and_takes_none_away(
    entries: list[PlanEntry], metadata: dict[str, object]
) -> None:
    before = BuildpackPlan(tuple(entries)).merged("python")
    after = BuildpackPlan((*entries, PlanEntry("python", metadata))).merged("python")
    assert after.build == (before.build or bool(metadata.get("build")))
    assert after.launch == (before.launch or bool(metadata.get("launch")))
    assert after.versions[: len(before.versions)] == before.versions
    assert len(after.versions) == len(set(after.versions)) <= len(before.versions) + 1
    version = metadata.get("version")
    assert not version or version in [constraint.version for constraint in after.versions]


@given(ENTRIES)
def test_plans_survive_the_way_through_a_file(entries: list[PlanEntry]) -> None:
    tables = [{"name": entry.name, "metadata": dict(entry.metadata)} for entry in entries]
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "plan.toml")
        toml.write(path, {"entries": tables})
        assert BuildpackPlan.from_file(path).entries == tuple(entries)


@pytest.mark.parametrize("key", ["build", "launch"])
@pytest.mark.parametrize("value", ["true", 1])
def test_a_flag_that_is_no_boolean_is_refused(key: str, value: object) -> None:
    plan = BuildpackPlan((PlanEntry("python", {key: value}),))
    with pytest.raises(ConfigurationError, match=f"'python' has {key} = "):
        plan.merged("python")


def test_a_version_without_quotes_is_refused_since_3_10_would_be_3_1() -> None:
    plan = BuildpackPlan((PlanEntry("python", {"version": 3.10}),))
    with pytest.raises(ConfigurationError, match="not a string") as caught:
        plan.merged("python")
    assert "quotes" in caught.value.advice


@pytest.mark.parametrize(
    "text",
    ["entries = 1", "entries = [1]", "[[entries]]\nx = 1", "[[entries]]\nname = 'a'\nmetadata = 1"],
)
def test_what_is_no_plan_names_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(PlatformError, match=r"plan\.toml"):
        read(tmp_path, text)
