"""App images as the lifecycle exports them, small: of our shape unless a test asks otherwise."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_release.images.exported_layer import header, padding
from oci_registry.blob_source import BlobSource
from oci_registry.content import CONFIG, DOCKER_LAYER, MANIFEST, Document, Manifest, sha256
from oci_registry.store import Content

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNTIME, VENV = "strata/python-runtime", "strata/app-venv"
LOCATION = "/layers/strata_python-runtime/python"
VENV_PATH = "/layers/strata_app-venv/venv"
CREATED = "1980-01-01T00:00:01Z"
MAGIC = {"3.12": b"\xcb\x0d\x0d\x0a", "3.13": b"\xf3\x0d\x0d\x0a"}


def layer_tar(files: Mapping[str, bytes], *, owner: tuple[int, int] = (1000, 1000)) -> bytes:
    """Make a layer's archive as the lifecycle does: absolute names, parents first, constant times."""
    names = {name.rpartition("/")[0] for name in files}
    folders = {
        "/".join(name.split("/")[: count + 1]) for name in names for count in range(1, name.count("/") + 1)
    }
    data = io.BytesIO()
    for name in sorted(folders | files.keys(), key=lambda one: one.split("/")):
        content = files.get(name)
        if content is None:
            data.write(header(name, mode=0o755, owner=owner, kind=tarfile.DIRTYPE))
            continue
        mode = 0o755 if "/bin/" in name else 0o644
        data.write(header(name, mode=mode, owner=owner, kind=tarfile.REGTYPE, size=len(content)))
        data.write(content + padding(len(content)))
    return data.getvalue() + bytes(1024)


def python_files(version: str) -> dict[str, bytes]:
    """Return the files of a small Python, with byte code and the description of its libraries."""
    line = version.rpartition(".")[0]
    tree = f"{LOCATION}/cpython"
    pyc = MAGIC.get(line, b"\0\0\x0d\x0a") + bytes(12) + f"code of {version}".encode()
    return {
        f"{LOCATION}/bundled-libraries.json": b"{}",
        f"{tree}/bin/python{line}": f"Python {version}".encode(),
        f"{tree}/lib/python{line}/os.py": b"sep = '/'\n",
        f"{tree}/lib/python{line}/__pycache__/os.cpython-{line.replace('.', '')}.pyc": pyc,
    }


def bom(*components: tuple[str, str]) -> bytes:
    """Make a CycloneDX document."""
    listed = [
        {"name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
        for name, version in components
    ]
    return json.dumps({"bomFormat": "CycloneDX", "components": listed}).encode()


def python_data(version: str) -> dict[str, Any]:
    """Return python-runtime's metadata of its layer."""
    return {
        "version": version,
        "sha256": sha256(version.encode()).removeprefix("sha256:"),
        "os": "linux",
        "arch": "amd64",
        "keep": [],
        "bytecode": True,
        "location": LOCATION,
        "recipe": "3",
        "size": ["43.5 MB"],
        "constraints": ["BP_PYTHON_VERSION: ==3.13.*"],
    }


def venv_data(version: str) -> dict[str, Any]:
    """Return app-venv's metadata of its layer."""
    line = version.rpartition(".")[0]
    return {
        "recipe": "4",
        "python": line,
        "python_abi": "cpython-313-x86_64-linux-gnu",
        "interpreter": f"{LOCATION}/cpython/bin/python3",
        "target": "linux/amd64 (debian 12)",
        "path": VENV_PATH,
        "inputs": "requirements.txt",
        "files": ["requirements.txt"],
        "packages": ["flask==3.1.3 sha256:00 published", "filelock==3.13.0 sha256:00 published"],
        "made_by": [version, "3.13.0 (main)"],
        "conditions": [],
        "needs_libpython": [],
    }


@dataclass(frozen=True, kw_only=True)
class AppShape:
    """What an app image is made of; `app` tells one from another."""

    version: str = "3.13.0"
    app: str = "hello"
    owner: tuple[int, int] = (1000, 1000)
    python: Mapping[str, object] = field(default_factory=dict)
    venv: Mapping[str, object] = field(default_factory=dict)
    python_files: Mapping[str, bytes] = field(default_factory=dict)
    venv_files: Mapping[str, bytes] = field(default_factory=dict)
    more_buildpacks: tuple[dict[str, Any], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    architecture: str = "amd64"
    manifest_type: str = MANIFEST
    archives: Mapping[str, bytes] = field(default_factory=dict)
    """Other archives for some of the layers."""
    without: tuple[str, ...] = ()
    """Metadata of layers that are left out, as older buildpacks do."""
    runtime: str = RUNTIME
    bill: str = ""
    """What its label calls the layer with the bills of materials, if that is something else."""
    members: Mapping[str, object] = field(default_factory=dict)
    """More members of the descriptors in its manifest."""

    @property
    def layers(self) -> dict[str, bytes]:
        """The archives of the layers by what they are, the lowest first."""
        return {**self._layers, **self.archives}

    @property
    def _layers(self) -> dict[str, bytes]:
        line = self.version.rpartition(".")[0]
        cfg = f"home = {LOCATION}/cpython/bin\nversion = {line}\n".encode()
        sbom = "/layers/sbom/launch"
        return {
            "run": layer_tar({"/etc/os-release": b"ID=debian\n"}, owner=(0, 0)),
            "python": layer_tar({**python_files(self.version), **self.python_files}, owner=self.owner),
            "venv": layer_tar(
                {
                    f"{VENV_PATH}/venv/pyvenv.cfg": cfg,
                    f"{VENV_PATH}/venv/lib/python{line}/site-packages/flask.py": b"pass\n",
                    **self.venv_files,
                },
                owner=self.owner,
            ),
            "sbom": layer_tar(
                {
                    f"{sbom}/sbom.legacy.json": b"null\n",
                    f"{sbom}/strata_app-venv/venv/sbom.cdx.json": bom(("flask", "3.1.3")),
                    f"{sbom}/strata_python-runtime/python/sbom.cdx.json": bom(("python", self.version)),
                    f"{sbom}/strata_python-runtime/python/sbom.spdx.json": b"{}",
                },
                owner=self.owner,
            ),
            "app": layer_tar({"/workspace/app.py": self.app.encode()}, owner=self.owner),
            "launcher": layer_tar({"/cnb/lifecycle/launcher": b"launcher"}, owner=(0, 0)),
        }

    def diff_id(self, name: str) -> str:
        """Return the diff ID of a layer."""
        return sha256(self.layers[name])

    @property
    def metadata(self) -> dict[str, Any]:
        """The lifecycle's account of the layers."""
        flags = {"build": True, "launch": True, "cache": True}
        python = {
            "sha": self.diff_id("python"),
            "data": {**python_data(self.version), **self.python},
            **flags,
        }
        venv = {"sha": self.diff_id("venv"), "data": {**venv_data(self.version), **self.venv}, **flags}
        return {
            "app": [{"sha": self.diff_id("app")}],
            "sbom": {"sha": self.bill or self.diff_id("sbom")},
            "buildpacks": [
                {"key": self.runtime, "version": "0.1.0", "layers": {"python": python}},
                {"key": "strata/pip-tool", "version": "0.1.0", "layers": {}},
                {"key": VENV, "version": "0.1.0", "layers": {"venv": venv}},
                *self.more_buildpacks,
            ],
            "launcher": {"sha": self.diff_id("launcher")},
            "runImage": {"topLayer": self.diff_id("run"), "image": "registry.example/run:1"},
        }

    @property
    def build(self) -> dict[str, Any]:
        """The lifecycle's account of the build."""
        return {
            "buildpacks": [
                {"id": one["key"], "version": one["version"]} for one in self.metadata["buildpacks"]
            ],
            "processes": [{"type": "web", "command": ["gunicorn"], "args": ["app:app"], "direct": True}],
            "buildpack-default-process-type": "web",
        }

    def app_metadata(self) -> dict[str, Any]:
        """Return the account with what a test leaves out of it, left out."""
        found = self.metadata
        for key in self.without:
            for buildpack in found["buildpacks"]:
                for layer in buildpack["layers"].values():
                    layer["data"].pop(key, None)
        return found

    def content(self) -> Content:
        """Return the image."""
        blobs = {
            name: BlobSource.from_bytes(gzip.compress(data, mtime=0)) for name, data in self.layers.items()
        }
        history = [{"created": CREATED, "created_by": f"Layer: '{name}'"} for name in blobs]
        labels = {
            "io.buildpacks.lifecycle.metadata": json.dumps(self.app_metadata()),
            "io.buildpacks.build.metadata": json.dumps(self.build),
            **self.labels,
        }
        config = Document.of(
            CONFIG,
            {
                "architecture": self.architecture,
                "os": "linux",
                "created": CREATED,
                "config": {"User": "1000:1000", "Labels": labels, "Entrypoint": ["/cnb/process/web"]},
                "history": history,
                "rootfs": {"type": "layers", "diff_ids": list(map(sha256, self.layers.values()))},
            },
        )
        manifest = Manifest.from_json(
            {
                "schemaVersion": 2,
                "mediaType": self.manifest_type,
                "config": config.descriptor().to_json(**self.members),
                "layers": [blob.descriptor(DOCKER_LAYER).to_json(**self.members) for blob in blobs.values()],
            }
        )
        return Content((*blobs.values(), BlobSource.from_bytes(config.content)), (manifest,))
