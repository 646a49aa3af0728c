"""The workflow "release", carried out here: its scripts as they are, each job in a clone of its own.

What actions do is done in a word: a checkout is a clone, an artifact a file that is carried over. What an
expression is worth is written down below; one that is not stops the test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from oci_registry.testing.distribution import RealRegistry, real_registry
from support.needs import need
from support.packaging import environment
from support.publishing import alone
from support.versioned_repository import Git

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
JOBS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))[
    "jobs"
]
UNSET = dict.fromkeys(
    (
        "inputs.dry-run && 'yes' || ''",
        "inputs.register && 'yes' || ''",
        "inputs.sign && 'keyless' || ''",
        "secrets.STRATA_REGISTRY_HOST",
        "secrets.STRATA_REGISTRY_USERNAME",
        "secrets.STRATA_REGISTRY_PASSWORD",
        "secrets.CNB_REGISTRY_TOKEN",
    ),
    "",
)


@dataclass
class Job:
    """A job at work in its clone; `values` are what expressions are worth."""

    name: str
    root: Path
    values: dict[str, str]
    env: dict[str, str]
    outputs: dict[str, str] = field(default_factory=dict)

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run its scripts up to the first that fails, and note its outputs."""
        done = subprocess.CompletedProcess[str]([], 0, "", "")
        steps: dict[str, dict[str, str]] = {}
        for step in JOBS[self.name]["steps"]:
            if "run" not in step:
                continue
            output = self.root.with_name(f"{self.root.name} output")
            output.write_text("", "utf-8")
            own = {name: self._worth(value) for name, value in step.get("env", {}).items()}
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
                cwd=self.root,
                env={**self.env, **own, "GITHUB_OUTPUT": str(output), "GITHUB_SHA": self.head,
                    "RUNNER_TEMP": str(self.temporary)},
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                return done
            lines = output.read_text("utf-8").splitlines()
            steps[step.get("id", "")] = dict(line.split("=", 1) for line in lines)
        for name, expression in JOBS[self.name].get("outputs", {}).items():
            place = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}", expression)
            assert place is not None
            self.outputs[f"needs.{self.name}.outputs.{name}"] = steps[place[1]][place[2]]
        return done

    @property
    def temporary(self) -> Path:
        """Where the runner keeps what is not in the clone."""
        made = self.root.with_name(f"{self.root.name}-temporary")
        made.mkdir(exist_ok=True)
        return made

    @property
    def head(self) -> str:
        return Git(self.root)("rev-parse", "HEAD").strip()

    def _worth(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: self.values[found[1]], text)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RealRegistry]:
    need("registry")
    with real_registry(tmp_path / "registry") as registry:
        yield registry


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """This repository with its next version set, as it would be at a code host."""
    work = tmp_path / "work"
    subprocess.run(["git", "clone", "--quiet", ROOT, work], check=True)
    git = Git(work)
    git("switch", "--quiet", "--force-create", "main")
    bump = [str(work / "scripts/inv"), "version.bump"]
    done = subprocess.run(bump, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    git.commit("Release")
    made = tmp_path / "remote.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", "--branch", "main", work, made], check=True)
    return made


def test_a_release_is_made_packed_and_published_by_three_jobs(
    tmp_path: Path, remote: Path, registry: RealRegistry
) -> None:
    """The second installs and publishes what the first has made, without an index; all else it refuses."""
    env = {**alone(tmp_path / "home"), "CI": "true"}
    del env["STRATA_CACHE_DIR"]  # what tests have fetched before need not be fetched again
    env["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME", str(Path("~/.cache").expanduser()))
    values = {**UNSET, "inputs.to": f"{registry.host}/acme", "github.token": "t"}

    def job(name: str) -> Job:
        root = tmp_path / f"job-{name}"
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["git", "clone", "--quiet", remote, root], check=True)
        made = Job(name, root, values, env)
        return replace(made, values={**values, "runner.temp": str(made.temporary)})

    package = job("package")
    done = package.run()
    assert done.returncode == 0, done.stdout + done.stderr
    values |= package.outputs
    artifact = package.temporary / "release.tar"

    tampered = job("publish")
    content = artifact.read_bytes()
    (tampered.temporary / "release.tar").write_bytes(content.replace(b"wheels/", b"wheels;", 1))
    done = tampered.run()
    assert done.returncode != 0
    assert "release.tar: FAILED" in done.stdout
    assert not (tampered.root / "dist").exists()

    publish = job("publish")
    shutil.copy(artifact, publish.temporary)
    done = publish.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (publish.root / "build").exists()
    values |= publish.outputs
    tags = values["needs.publish.outputs.tags"].split()
    assert tags
    assert Git(remote)("tag").split() == []

    for _ in range(2):  # another time there is nothing left to push
        done = job("tag").run()
        assert done.returncode == 0, done.stdout + done.stderr
        assert Git(remote)("tag").split() == tags

    check = ("publish.verify", "--to", f"{registry.host}/acme")
    verified = subprocess.run(
        [package.root / "scripts/inv", *check], env=env, capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
