"""Which releases of the lifecycle, pack and other Go programs the tests run with, and which others fit."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The phases of the lifecycle: one binary that looks at the name it was called by.
PHASES = ("analyzer", "detector", "restorer", "builder", "exporter", "creator", "rebaser", "extender")


@dataclass(frozen=True)
class GoTool:
    """A program that is built from a Go module.

    checksum is the module's hash as in go.sum; the module's own go.sum pins all that it depends on.
    commands are the main packages, relative to the module; variable is the linker symbol of the version.
    """

    name: str
    version: str
    module: str
    checksum: str
    commands: tuple[str, ...]
    variable: str


LIFECYCLE = GoTool(
    name="lifecycle",
    version="0.21.17",
    module="github.com/buildpacks/lifecycle",
    checksum="h1:edOH8bfQb143kfBbfuoDzYqzsHcPczdZ9Cp86jnvITE=",
    commands=("./cmd/lifecycle", "./cmd/launcher"),
    variable="github.com/buildpacks/lifecycle/cmd.Version",
)
PACK = GoTool(
    name="pack",
    version="0.40.6",
    module="github.com/buildpacks/pack",
    checksum="h1:w2HbQLv5UEvkbdoGt/QHmEbrMrvIwZZwuo/L0KaPdWE=",
    commands=(".",),
    variable="github.com/buildpacks/pack/pkg/client.Version",
)
COSIGN_3 = GoTool(
    name="cosign",
    version="3.1.3",
    module="github.com/sigstore/cosign/v3",
    checksum="h1:001JQRI/PJ/5T+g/kJ1KTvKFbb322+fomc+pHDZ/6sg=",
    commands=("./cmd/cosign",),
    variable="sigs.k8s.io/release-utils/version.gitVersion",
)
COSIGN_2 = GoTool(
    name="cosign",
    version="2.6.5",
    module="github.com/sigstore/cosign/v2",
    checksum="h1:D7kFSWS2HzfD+LpEuBO89D1KfOAODlkWuuhzXS8yzi0=",
    commands=("./cmd/cosign",),
    variable="sigs.k8s.io/release-utils/version.gitVersion",
)

COSIGNS = (COSIGN_2, COSIGN_3)
"""Both are in use, and store and find signatures in different ways."""
DISTRIBUTION = GoTool(
    name="registry",
    version="3.1.2",
    module="github.com/distribution/distribution/v3",
    checksum="h1:/Bv2YIqqSR00HiO49FT93hovy6r9IlrzwUDsJjCN5qg=",
    commands=("./cmd/registry",),
    variable="github.com/distribution/distribution/v3/version.version",
)
CRANE = GoTool(
    name="crane",
    version="0.22.1",
    module="github.com/google/go-containerregistry",
    checksum="h1:RZuuSYhTvlDvtsK+NkutoCZ//C0X2ebLK8X8l3ULs84=",
    commands=("./cmd/crane",),
    variable="github.com/google/go-containerregistry/cmd/crane/cmd.Version",
)
"""With a registry of its own: `crane registry serve`."""
ORAS = GoTool(
    name="oras",
    version="1.3.0",
    module="oras.land/oras",
    checksum="h1:PdxrW0wRu24AMRnJcQWhUXTk33bDHCdSvyWcKoAxArE=",
    commands=("./cmd/oras",),
    variable="oras.land/oras/internal/version.Version",
)
ACTIONLINT = GoTool(
    name="actionlint",
    version="1.7.12",
    module="github.com/rhysd/actionlint",
    checksum="h1:vQ4GeJN86C0QH+gTUQcs8McmK62OLT3kmakPMtEWYnY=",
    commands=("./cmd/actionlint",),
    variable="github.com/rhysd/actionlint.version",
)


def version_numbers(text: str) -> tuple[int, int, int] | None:
    """Read the first X.Y.Z of a version output ("0.40.6+git-abc.build-1" too); None if there is none."""
    found = re.search(r"(?<![\d.])(\d+)\.(\d+)\.(\d+)(?![\d.])", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def fits(tool: GoTool, text: str) -> bool:
    """Return whether a version output is of the wanted release or a newer one."""
    found, wanted = version_numbers(text), version_numbers(tool.version)
    return found is not None and wanted is not None and found >= wanted
