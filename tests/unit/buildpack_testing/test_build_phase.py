"""What a buildpack is given, and what later buildpacks see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_testing.failure import LifecycleCode, PhaseError
from support.scripted import Platforms, ScriptedBuildpacks, layer, provides, requires

if TYPE_CHECKING:
    from pathlib import Path


def test_a_buildpack_gets_the_whitelist_the_target_and_its_directories(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller's own variables must not reach a buildpack: in a container they would not be there."""
    monkeypatch.setenv("PYTHONPATH", "/of/the/caller")
    monkeypatch.setenv("BP_SECRET", "of the caller")
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    record = 'cd "$CNB_LAYERS_DIR"; env > seen; echo "$OLDPWD" > cwd; echo "$@" > args'
    scripted.add("acme/a", build=record)
    platform = platforms("acme/a")
    run = platform.build(app, variables={"MINE": "1", "PATH": "/mine"}).run("acme/a")
    own = platform.workspace.layers / "acme_a"
    proxies = {name for name in run.environment if name.lower().endswith("_proxy")}
    assert "https_proxy" in proxies
    assert set(run.environment) - proxies == {
        *("PATH", "HOME", "HOSTNAME", "MINE", "CNB_TARGET_OS", "CNB_TARGET_ARCH", "CNB_TARGET_DISTRO_NAME"),
        *("CNB_BUILDPACK_DIR", "CNB_PLATFORM_DIR", "CNB_LAYERS_DIR", "CNB_BP_PLAN_PATH"),
    }
    assert run.environment["PATH"] == "/mine:/usr/bin:/bin"
    assert "MINE=1\n" in (own / "seen").read_text()
    assert (own / "cwd").read_text() == f"{platform.workspace.app}\n"
    assert (own / "args").read_text().split(" /")[0] == str(own)


def test_clear_env_keeps_user_variables_in_files_only(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", extra="clear-env = true", build='cat "$CNB_PLATFORM_DIR/env/MINE"')
    run = platforms("a").build(app, variables={"MINE": "no newline added"}).run("a")
    assert "MINE" not in run.environment
    assert run.printed == "no newline added"


def test_only_later_buildpacks_see_build_layers(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    env = (
        'mkdir -p "$CNB_LAYERS_DIR/one/env.build" "$CNB_LAYERS_DIR/one/bin" "$CNB_LAYERS_DIR/two/env"\n'
        'printf 1 > "$CNB_LAYERS_DIR/one/env.build/ONE"\nprintf 2 > "$CNB_LAYERS_DIR/two/env/TWO"\n'
    )
    scripted.add("a", build=env + layer("one", "build") + layer("two", "launch"))
    scripted.add("b")
    platform = platforms("a b")
    result = platform.build(app)
    assert "ONE" not in result.run("a").environment
    seen = result.run("b").environment
    assert seen["ONE"] == "1"
    assert "TWO" not in seen
    assert seen["PATH"] == f"{platform.workspace.layers}/a/one/bin:/usr/bin:/bin"
    assert result.next_environment["ONE"] == "1"


@pytest.mark.parametrize("odd", ["touch a/env", "mkdir a/env; ln -s nowhere a/env/X", "rm -r a; touch a"])
def test_an_environment_that_cannot_be_read(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, odd: str
) -> None:
    """Of a layer for later buildpacks: it ends the build."""
    scripted.add("a", build=f'{layer("a", "build", content="x")}cd "$CNB_LAYERS_DIR"; {odd}')
    with pytest.raises(PhaseError, match="cannot be read") as refused:
        platforms("a").build(app)
    assert refused.value.code is LifecycleCode.BUILD_OUTPUT


def test_an_entry_that_is_not_met_goes_to_the_next_provider(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    unmet = 'printf \'[[unmet]]\\nname = "x"\\n\' > "$CNB_LAYERS_DIR/build.toml"'
    scripted.add("a", plan=provides("x", "y"), build=unmet)
    scripted.add("b", plan=provides("x", "y"))
    scripted.add("c", plan=requires("x", "y"))
    result = platforms("a b c").build(app)
    assert [one.name for one in result.run("a").plan] == ["x", "y"]
    assert [one.name for one in result.run("b").plan] == ["x"]


def test_a_buildpack_without_entries_gets_an_empty_file(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", build='wc -c < "$CNB_BP_PLAN_PATH"')
    assert platforms("a").build(app).run("a").printed.strip() == "0"


def test_a_failing_build_is_told_with_its_last_words_and_code_51(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", build="echo out; echo err >&2; exit 7")
    lines: list[str] = []
    with pytest.raises(PhaseError, match="of a ended with 7") as failed:
        platforms("a").build(app, sink=lines.append)
    assert failed.value.code is LifecycleCode.BUILD_BUILDPACK
    assert failed.value.output == "out\nerr\n"
    assert lines == ["out\n", "err\n"]
