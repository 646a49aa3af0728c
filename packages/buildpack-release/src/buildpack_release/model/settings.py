"""The settings of a repository: the table `[tool.buildpack-release]` of its pyproject.toml."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed
from buildpack_release.model.finding import Finding, raise_first_error
from buildpack_release.model.table import Table, suggestion
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from pathlib import Path


PYPROJECT = "pyproject.toml"
TABLE = "tool.buildpack-release"
"""Where all settings of a repository are."""

MINORS = ("3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
"""The minor versions of Python that the code of a buildpack may meet in a build image.

The libraries' classifiers name the same ones; nox takes them from there.
"""


class Versioning(Enum):
    """Whether all buildpacks carry one version, or each its own."""

    FIXED = "fixed"
    INDEPENDENT = "independent"

    @property
    def is_fixed(self) -> bool:
        """Whether they are released together."""
        return self is Versioning.FIXED


def settings_table(root: Path, findings: list[Finding]) -> Table:
    """Return the table, an empty one if there is none; what is wrong in it is added to `findings`.

    Raises CheckFailed for what is not TOML, ReleaseError for a file that cannot be read.
    """
    path = root / PYPROJECT
    source = TomlSource.read(path) if path.exists() else TomlSource.parse("", path)
    tool, _, own = TABLE.partition(".")
    return Table.root(source, findings).table(tool).table(own)


def read_versioning(root: Path) -> Versioning:
    """Read how versions are given; together, if it is not said. Raises CheckFailed with file and line."""
    findings: list[Finding] = []
    table = settings_table(root, findings)
    text = table.string("versioning")
    raise_first_error(findings)
    names = [one.value for one in Versioning]
    if text and text not in names:
        raise CheckFailed(
            f'there is no versioning "{text}"',
            advice=suggestion(text, names) or f"One of: {', '.join(names)}.",
            file=table.source.path,
            line=table.source.line(*table.path, "versioning"),
        )
    return Versioning(text) if text else Versioning.FIXED


@dataclass(frozen=True)
class PackageSettings:
    """Choices about packages.

    Attributes:
        bytecode: the minor versions of Python that bytecode is packaged for.
        interpreter: the id of the buildpack that carries the interpreter of self-contained packages.
        runtimes: the id of the buildpack that has the catalogue of Python runtimes.
        libraries: folders whose code, `src/` and `share/bin/`, is copied into every component.
    """

    bytecode: tuple[str, ...] = ()
    interpreter: str = ""
    runtimes: str = ""
    libraries: tuple[str, ...] = ()

    @classmethod
    def read(cls, root: Path) -> PackageSettings:
        """Read the settings of a repository; without the table all are empty. Raises CheckFailed."""
        findings: list[Finding] = []
        table = settings_table(root, findings)
        settings = cls(
            table.strings("bytecode"),
            table.string("interpreter"),
            table.string("runtimes"),
            table.strings("libraries"),
        )
        raise_first_error(findings)
        for index, minor in enumerate(settings.bytecode):
            if minor not in MINORS:
                raise CheckFailed(
                    f'bytecode cannot be made for Python "{minor}"',
                    advice=f"One of {', '.join(MINORS)}.",
                    file=table.source.path,
                    line=table.source.line(*table.path, "bytecode", index),
                )
        return settings


MOVING_TAGS = ("minor", "major", "latest")
"""The kinds of moving tags: `X.Y`, `X` and `latest`."""


@dataclass(frozen=True)
class PublishSettings:
    """How packages are published: the table `[tool.buildpack-release.publish]`.

    Attributes:
        moving_tags: the tags that follow the newest version, of MOVING_TAGS; none where tags cannot change.
        documents: whether SBOM and provenance are stored beside the images.
    """

    moving_tags: tuple[str, ...] = MOVING_TAGS
    documents: bool = True

    @classmethod
    def read(cls, root: Path) -> PublishSettings:
        """Read the settings of a repository; without the table everything is kept. Raises CheckFailed."""
        findings: list[Finding] = []
        table = settings_table(root, findings).table("publish")
        table.refuse_unknown_keys(("moving-tags", "documents"))
        settings = cls(
            table.strings("moving-tags") if "moving-tags" in table.data else MOVING_TAGS,
            table.boolean("documents") if "documents" in table.data else True,
        )
        raise_first_error(findings)
        for index, name in enumerate(settings.moving_tags):
            if name not in MOVING_TAGS:
                raise CheckFailed(
                    f'"{name}" is no kind of moving tag',
                    advice=f"Choose from {', '.join(MOVING_TAGS)}; an empty list keeps none.",
                    file=table.source.path,
                    line=table.source.line(*table.path, "moving-tags", index),
                )
        return settings


@dataclass(frozen=True)
class SigningSettings:
    """How published images are signed: the table `[tool.buildpack-release.signing]`.

    Attributes:
        key: a key as cosign takes it, "keyless", or "" for not at all.
        log: whether signatures go to the transparency log.
        identity: whose signatures count if they are made without a key, as it is in the certificate.
        issuer: the address of who vouches for that identity.
    """

    key: str = ""
    log: bool = True
    identity: str = ""
    issuer: str = ""

    @classmethod
    def read(cls, root: Path) -> SigningSettings:
        """Read the settings of a repository. Raises CheckFailed."""
        findings: list[Finding] = []
        table = settings_table(root, findings).table("signing")
        table.refuse_unknown_keys(("key", "log", "identity", "issuer"))
        settings = cls(
            table.string("key"),
            table.boolean("log") if "log" in table.data else True,
            table.string("identity"),
            table.string("issuer"),
        )
        raise_first_error(findings)
        return settings
