"""The tasks serve any repository of buildpacks: one without a line of Python of ours in it but tasks.py."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from buildpack_testing.platform import LocalPlatform
from oci_registry.testing.memory import MemoryRegistry
from support.packaging import inv
from support.publishing import alone

SOURCES = Path(__file__).parents[1] / "fixtures/monorepo"
# What the packages of this repository are, but for compression; it may only change with its files.
LAYERS = {
    "acme/all@2.0.0": "sha256:7b1c2f9afad26227041eda49e87d3abd36cbf9e8fbc01e24fe6b5c65ff7846a8",
    "acme/greeting@1.4.0": "sha256:e1faf9de007c18374830e4e47c388722466e7b60d5b2e36119841db3189a95ad",
    "acme/welcome@0.3.1": "sha256:e978bf399cbd4fa4a57db400c9208999bf5957ac17b44a8e2b0bbdd9bb0e3972",
}
CONFIGURATIONS = {
    "acme/all linux/amd64": "sha256:c9854ca78e25a7579f4e79711cf46511d51488967900759ae99d13f91eb502c5",
    "acme/all linux/arm64": "sha256:882f3a4331bf2d2b57eac2f186de223bef8b5bf73624753c0182f381f4519d73",
    "acme/greeting linux/amd64": "sha256:eb2da5c618bf8e877db56570743132658ce658e1e06266074751577c050fea3f",
    "acme/greeting linux/arm64": "sha256:e84e845b78fa10107cd23b0f6a5aee5d99711bbaec4397acb10b114312fe3b17",
    "acme/welcome linux/amd64": "sha256:bbfec864c11d178c3adc3d8163ff0fe0c85b6f337169734baf41254da963bae7",
    "acme/welcome linux/arm64": "sha256:42a7dbe596b4b6152b5eaa4846de5d6d3e723da3da3f7607409f322183a92e72",
}


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository, packaged by its own tasks; not to be changed."""
    root = tmp_path_factory.mktemp("second") / "a monorepo"
    shutil.copytree(SOURCES, root)
    done = inv("package", root=root, env=alone(root.parent))
    assert done.returncode == 0, done.stderr
    assert "acme/all@2.0.0       linux/arm64" in done.stderr
    return root


def test_it_is_listed_and_checked(packed: Path) -> None:
    """The order is proved, though one of the programs decides by itself: its plan is declared."""
    env = alone(packed.parent)
    listed = json.loads(inv("list", "--json", root=packed, env=env).stdout)
    assert {one["id"] for one in listed} == {"acme/all", "acme/greeting", "acme/welcome"}
    report = json.loads(inv("check", "--json", root=packed, env=env).stdout)
    assert report["ok"]
    assert report["findings"] == []
    assert [len(proof["cases"]) for proof in report["proofs"]] == [1]


def test_a_plan_that_is_not_declared_is_a_warning(packed: Path, tmp_path: Path) -> None:
    """Nothing claims to be proved then."""
    root = shutil.copytree(packed, tmp_path / "root", symlinks=True)
    settings = root / "pyproject.toml"
    settings.write_text(settings.read_text("utf-8").partition("# Its bin/detect")[0], "utf-8")
    done = inv("check", root=root, env=alone(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "bin/detect: warning: what this program provides and requires is not known" in done.stdout
    assert '[tool.buildpack-release.foreign."acme/greeting"]' in done.stdout
    assert "the plans fit" not in done.stdout


def test_its_packages_have_the_same_bits_as_ever(packed: Path) -> None:
    """A change of our code alone must not change what others have released."""
    layers: dict[str, str] = {}
    configurations: dict[str, str] = {}
    for package in json.loads((packed / "dist/manifest.json").read_bytes())["buildpacks"]:
        layout = packed / "dist" / package["layout"]["path"]
        for image in package["images"]:
            manifest = json.loads((layout / "blobs" / image["digest"].replace(":", "/")).read_bytes())
            configurations[f"{package['id']} {image['target']}"] = manifest["config"]["digest"]
            layers |= {one["buildpack"]: one["diff-id"] for one in image["layers"]}
    assert layers == LAYERS
    assert configurations == CONFIGURATIONS


def test_it_is_published(packed: Path) -> None:
    """Into a registry, twice: the second time everything is there."""
    with MemoryRegistry() as registry:
        to = ("--to", f"{registry.host}/acme")
        env = alone(packed.parent)
        done = inv("publish", "--yes", *to, root=packed, env=env)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 3
        again = json.loads(inv("publish.plan", "--json", *to, root=packed, env=env).stdout)
        assert [one["action"] for one in again["packages"]] == ["done"] * 3
        assert inv("publish.verify", *to, root=packed, env=env).returncode == 0


def test_an_app_is_built_with_it(packed: Path, tmp_path: Path) -> None:
    """The assembled folders are buildpacks like others."""
    app = tmp_path / "app"
    app.mkdir()
    (app / "greeting.txt").write_text("good morning\n", "utf-8")
    done = inv("build", root=packed, env=alone(packed.parent))
    assert done.returncode == 0, done.stderr
    folders = [packed / line for line in done.stdout.splitlines()]
    platform = LocalPlatform(tmp_path / "platform", folders, [["acme/greeting", "acme/welcome"]])
    platform.build(app)
    with platform.container() as container:
        assert container.run(container.command(None)).stdout == "good morning\n"
