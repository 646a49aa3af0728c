"""Building a tool with the real Go toolchain, from a module proxy on loopback with modules of our own."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ReleaseError
from buildpack_testing.cnb import go_build
from buildpack_testing.cnb.tool_versions import GoTool
from buildpack_testing.server import serve
from support.needs import need

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAIN = 'package main\n\nvar Version = "none"\n\nfunc main() { println(Version) }\n'
GREETER = GoTool("greeter", "1.2.3", "example.test/greeter", "", (".",), "main.Version")

# The least that the file taking the extender's place refers to.
LIFECYCLE = {
    "go.mod": "module github.com/buildpacks/lifecycle\n\ngo 1.21\n\nrequire (\n"
    "\tgithub.com/google/go-containerregistry v0.1.0\n"
    "\tgithub.com/osscontainertools/kaniko v1.0.0\n)\n",
    "log/log.go": "package log\n\ntype Logger interface{}\n",
    "internal/extend/extend.go": "package extend\n\ntype Dockerfile struct{}\n\ntype Options struct{}\n",
    "internal/extend/kaniko/applier.go": "package kaniko\n\n"
    'import "github.com/osscontainertools/kaniko/pkg/executor"\n\n'
    "func NewDockerfileApplier() (int, error) { return executor.Build() }\n",
    "main.go": 'package main\n\nimport "github.com/buildpacks/lifecycle/internal/extend/kaniko"\n\n'
    'var Version = "none"\n\n'
    "func main() {\n\t_, err := kaniko.NewDockerfileApplier()\n\tprintln(Version, err.Error())\n}\n",
}
REGISTRY_LIBRARY = {
    "go.mod": "module github.com/google/go-containerregistry\n\ngo 1.21\n",
    "pkg/v1/v1.go": "package v1\n\ntype Image interface{}\n",
}
KANIKO = {
    "go.mod": "module github.com/osscontainertools/kaniko\n\ngo 1.21\n",
    "pkg/executor/executor.go": 'package executor\n\nimport "errors"\n\n'
    'func Build() (int, error) { return 0, errors.New("the real one") }\n',
}


@dataclass(frozen=True)
class Proxy:
    """A module proxy: files as `go help goproxy` describes them, served from directory."""

    directory: Path
    environment: Mapping[str, str]

    def add(self, module: str, version: str, files: Mapping[str, str], *, whole: bool = True) -> str:
        """Publish a module and return its hash as go.sum has it; without its source unless whole."""
        place = self.directory / module / "@v"
        place.mkdir(parents=True)
        (place / f"v{version}.info").write_text(json.dumps({"Version": f"v{version}"}), encoding="utf-8")
        (place / f"v{version}.mod").write_text(files["go.mod"], encoding="utf-8")
        names = {f"{module}@v{version}/{name}": text for name, text in files.items()}
        if whole:
            with zipfile.ZipFile(place / f"v{version}.zip", "w") as archive:
                for name, text in names.items():
                    archive.writestr(name, text)
        return _hash(names)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    """An empty proxy, and an environment of a user who has set all that could disturb a build."""
    need("go")
    (tmp_path / "proxy").mkdir()
    with serve(tmp_path / "proxy") as server:
        yield Proxy(
            tmp_path / "proxy",
            {
                **os.environ,
                "GOPROXY": server.url,
                "GONOSUMDB": "*",
                "GOMODCACHE": str(tmp_path / "modules"),
                "GOFLAGS": "-modcacherw -mod=mod",
                "GOOS": "windows",
                "GOWORK": str(tmp_path / "absent" / "go.work"),
            },
        )


def test_tool_is_built_static_with_its_version(proxy: Proxy, tmp_path: Path) -> None:
    """The user's workspace, target and module mode do not decide what is built."""
    tool = replace(GREETER, checksum=proxy.add(GREETER.module, "1.2.3", _greeter()))
    origin = _build(tool, proxy, tmp_path)
    assert origin == "built from the Go module example.test/greeter v1.2.3"
    assert _run(tmp_path / "bin" / "greeter") == "1.2.3\n"


def test_replace_lines_of_the_module_count(proxy: Proxy, tmp_path: Path) -> None:
    """A module that replaces a dependency (`go install` refuses it) is built with the replacement."""
    dependency = {
        "go.mod": "module example.test/other\n",
        "o.go": 'package other\n\nconst Name = "replaced"\n',
    }
    h1 = proxy.add("example.test/other", "1.0.0", dependency)
    mod_hash = _hash({"go.mod": dependency["go.mod"]})
    files = {
        "go.mod": "module example.test/greeter\n\ngo 1.21\n\nrequire example.test/other v1.9.9\n\n"
        "replace example.test/other => example.test/other v1.0.0\n",
        "go.sum": f"example.test/other v1.0.0 {h1}\nexample.test/other v1.0.0/go.mod {mod_hash}\n",
        "main.go": 'package main\n\nimport "example.test/other"\n\nvar Version = "none"\n\n'
        "func main() { println(other.Name, Version) }\n",
    }
    tool = replace(GREETER, checksum=proxy.add(GREETER.module, "1.2.3", files))
    _build(tool, proxy, tmp_path)
    assert _run(tmp_path / "bin" / "greeter") == "replaced 1.2.3\n"


def test_other_content_under_the_same_version_is_refused(proxy: Proxy, tmp_path: Path) -> None:
    """A proxy that serves something else is found out before anything is built."""
    known = proxy.add(GREETER.module, "1.2.3", _greeter())
    tool = replace(GREETER, checksum="h1:" + base64.b64encode(bytes(32)).decode())
    with pytest.raises(ReleaseError, match="is not the one this project knows") as caught:
        _build(tool, proxy, tmp_path)
    assert known in caught.value.detail
    assert not (tmp_path / "bin").exists()


def test_module_that_is_not_there(proxy: Proxy, tmp_path: Path) -> None:
    """The proxy's answer is shown, and what would help."""
    with pytest.raises(ReleaseError, match="Cannot download the Go module") as caught:
        _build(GREETER, proxy, tmp_path)
    assert "404" in caught.value.detail
    assert "GOPROXY" in caught.value.advice


def test_source_that_does_not_compile(proxy: Proxy, tmp_path: Path) -> None:
    """The compiler's words are shown."""
    tool = replace(GREETER, checksum=proxy.add(GREETER.module, "1.2.3", {**_greeter(), "main.go": "package"}))
    with pytest.raises(ReleaseError, match=r"Cannot build greeter 1\.2\.3") as caught:
        _build(tool, proxy, tmp_path)
    assert "main.go" in caught.value.detail


def test_extender_is_built_in_where_its_module_is_served(proxy: Proxy, tmp_path: Path) -> None:
    """The lifecycle is left as it is wherever that is possible."""
    tool = _lifecycle(proxy, kaniko=True)
    assert "without" not in _build(tool, proxy, tmp_path)
    assert "the real one" in _run(tmp_path / "bin" / "lifecycle")


def test_extender_is_left_out_where_its_module_is_not_served(proxy: Proxy, tmp_path: Path) -> None:
    """Said where the tool is from, and by the phase itself when somebody runs it."""
    tool = _lifecycle(proxy, kaniko=False)
    assert "without image extensions" in _build(tool, proxy, tmp_path)
    assert "image extensions were left out" in _run(tmp_path / "bin" / "lifecycle")


def test_network_fault_is_no_reason_to_leave_something_out(proxy: Proxy, tmp_path: Path) -> None:
    """A proxy that vanishes after the first download is a fault to report, not an answer."""
    tool = _lifecycle(proxy, kaniko=False)
    _build(tool, proxy, tmp_path)
    offline = replace(proxy, environment={**proxy.environment, "GOPROXY": "http://127.0.0.1:9"})
    with pytest.raises(ReleaseError, match="Cannot download the Go module") as caught:
        _build(tool, offline, tmp_path / "again")
    assert "refused" in caught.value.detail


def _greeter() -> dict[str, str]:
    return {"go.mod": "module example.test/greeter\n\ngo 1.21\n", "main.go": MAIN}


def _lifecycle(proxy: Proxy, *, kaniko: bool) -> GoTool:
    sums = []
    for module, version, files, whole in (
        ("github.com/google/go-containerregistry", "0.1.0", REGISTRY_LIBRARY, True),
        (go_build.EXTENDER_MODULE, "1.0.0", KANIKO, kaniko),
    ):
        h1 = proxy.add(module, version, files, whole=whole)
        mod_hash = _hash({"go.mod": files["go.mod"]})
        sums.append(f"{module} v{version} {h1}\n{module} v{version}/go.mod {mod_hash}\n")
    files = {**LIFECYCLE, "go.sum": "".join(sums)}
    checksum = proxy.add("github.com/buildpacks/lifecycle", "0.0.9", files)
    return GoTool("lifecycle", "0.0.9", "github.com/buildpacks/lifecycle", checksum, (".",), "main.Version")


def _build(tool: GoTool, proxy: Proxy, place: Path) -> str:
    work = place / "work"
    work.mkdir(parents=True)
    return go_build.build(tool, place / "bin", work=work, environ=proxy.environment)


def _run(program: Path) -> str:
    return subprocess.run([program], capture_output=True, text=True, check=True).stderr


def _hash(files: Mapping[str, str]) -> str:
    """Compute golang.org/x/mod's dirhash "h1" of a module or of its go.mod."""
    lines = [f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in sorted(files.items())]
    return "h1:" + base64.b64encode(hashlib.sha256("".join(lines).encode()).digest()).decode()
