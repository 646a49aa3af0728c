"""Building a Go tool from the Go module proxy, with every byte of source pinned.

`go install module@version` refuses modules with a replace line (pack has one) and asks a checksum database
for the dependencies. So the module is downloaded, its hash compared with ours, and built as the main module
from a copy of its source: its own go.mod (with the replace line) and go.sum then pin all that it depends on.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import MissingToolError, ReleaseError
from buildpack_testing.go_toolchain import find_go

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_testing.cnb.tool_versions import GoTool
    from buildpack_testing.go_toolchain import GoToolchain

# What the lifecycle's extender phase is made of: by far the largest dependency, and the one that not every
# module proxy serves. Image extensions are not supported by `creator`, which is what the tests run.
EXTENDER_MODULE = "github.com/osscontainertools/kaniko"
_APPLIER = Path("internal/extend/kaniko")
# The proxy's own answer that it does not have a module; anything else (no network, say) is a fault to report.
_REFUSED = re.compile(r": (?:403|404|410) ")
_ADVICE = (
    "Put a Go toolchain that is new enough on PATH, and see that GOPROXY can be reached; or download the "
    "official release yourself and name it with STRATA_LIFECYCLE_DIR or STRATA_PACK."
)


def build(
    tool: GoTool,
    output: Path,
    *,
    work: Path,
    environ: Mapping[str, str] | None = None,
    arch: str = "",
) -> str:
    """Build the commands of tool into the directory output, and say in one sentence how that was done.

    work is an empty directory for the source; arch is a processor in Go's words, by default this machine's.
    Raises MissingToolError without a go command, ReleaseError when the module cannot be had, is not the one
    we know, or does not build.
    """
    go = find_go(os.environ if environ is None else environ)
    if go is None:
        raise MissingToolError(
            f"Cannot build {tool.name} {tool.version}: no go command on PATH", advice=_ADVICE
        )
    if arch:
        go = go.building_for(arch)
    source = work / "source"
    shutil.copytree(
        _download(go, tool, work), source, ignore=shutil.ignore_patterns("testdata", "acceptance")
    )
    _make_writable(source)
    left_out = _leave_out_extender(go, source)
    _compile(go, tool, source, output)
    return f"built from the Go module {tool.module} v{tool.version}" + left_out


def _download(go: GoToolchain, tool: GoTool, work: Path) -> Path:
    wanted = f"{tool.module}@v{tool.version}"
    facts = go.download(wanted, cwd=work)
    if facts.get("Error"):
        raise ReleaseError(f"Cannot download the Go module {wanted}", detail=facts["Error"], advice=_ADVICE)
    if facts["Sum"] != tool.checksum:
        raise ReleaseError(
            f"The Go module {wanted} is not the one this project knows",
            detail=f"expected {tool.checksum}, got {facts['Sum']}",
            advice="Do not use it. Find out what the module proxy serves (go env GOPROXY).",
        )
    return Path(facts["Dir"])


def _make_writable(source: Path) -> None:
    for directory, _, files in os.walk(source):
        Path(directory).chmod(0o755)
        for name in files:
            (Path(directory) / name).chmod(0o644)


def _leave_out_extender(go: GoToolchain, source: Path) -> str:
    """Replace the extender's inside when its module cannot be had; return what to say about it."""
    applier = source / _APPLIER
    if not applier.is_dir():
        return ""
    error = go.download(EXTENDER_MODULE, cwd=source).get("Error")
    if not error:
        return ""
    if not _REFUSED.search(error):
        title = f"Cannot download the Go module {EXTENDER_MODULE}"
        raise ReleaseError(title, detail=error, advice=_ADVICE)
    for file in applier.glob("*.go"):
        file.unlink()
    shutil.copyfile(Path(__file__).with_name("without_extender.go"), applier / "without_extender.go")
    return (
        f", without image extensions (the module proxy does not serve {EXTENDER_MODULE}: no extender phase)"
    )


def _compile(go: GoToolchain, tool: GoTool, source: Path, output: Path) -> None:
    _say(f"Building {tool.name} {tool.version} with {go.executable}: some minutes the first time ...")
    output.mkdir(parents=True, exist_ok=True)
    result = go.run(
        [
            *("build", "-mod=readonly", "-trimpath", "-buildvcs=false"),
            *("-ldflags", f"-s -w -X {tool.variable}={tool.version}"),
            *("-o", f"{output}{os.sep}", *tool.commands),
        ],
        cwd=source,
    )
    if result.returncode != 0:
        lines = [line for line in result.stderr.splitlines() if not line.startswith("go: downloading ")]
        raise ReleaseError(
            f"Cannot build {tool.name} {tool.version}", detail="\n".join(lines[-12:]), advice=_ADVICE
        )


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
