"""Where a package comes from: an in-toto Statement v1 with a SLSA Provenance v1 predicate.

The build type is described in the README of buildpack-release ("Provenance"). The statement is written when
a package is made; nothing in it depends on the time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_common.parsing import parse_json
from oci_registry.content import INDEX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from buildpack_release.attestation.builder_identity import BuilderIdentity
    from buildpack_release.attestation.revision import Revision
    from buildpack_release.dist.manifest import DistPackage

MEDIA_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:strata:buildpack-package:v1"
_Json = dict[str, Any]


@dataclass(frozen=True)
class Material:
    """Something a package is made of: its name, its address ("" if it has none) and its SHA-256 (hex)."""

    name: str
    uri: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Origin:
    """What a package was made of, by whom, and of which commit.

    `source` is where the repository is; `parts` are the digests of the packages in a composite, by
    `id@version`.
    """

    builder: BuilderIdentity
    revision: Revision
    source: str = ""
    materials: Sequence[Material] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    compressor: str = ""


def write_provenance(package: DistPackage, origin: Origin) -> bytes:
    """Return the statement about a package."""
    run: _Json = {"builder": {"id": origin.builder.id}}
    if origin.builder.invocation:
        run["metadata"] = {"invocationId": origin.builder.invocation}
    statement = {
        "_type": STATEMENT,
        "subject": subjects(package),
        "predicateType": PREDICATE,
        "predicate": {"buildDefinition": _definition(package, origin), "runDetails": run},
    }
    return (json.dumps(statement, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def subjects(package: DistPackage) -> list[_Json]:
    """Name what a statement is about: the image index, and the `.cnb` files."""
    named = {package.id: package.digest, **{image.file: image.file_digest for image in package.images}}
    return [{"name": name, "digest": _sha256(digest)} for name, digest in named.items()]


def _definition(package: DistPackage, origin: Origin) -> _Json:
    asked: _Json = {
        "buildpack": package.id,
        "version": package.version,
        "targets": [image.target for image in package.images],
    }
    if package.variant:
        asked["variant"] = package.variant
    if origin.source:
        asked["source"] = origin.source
    internal: _Json = {
        "inputs": package.inputs,
        "bytecode": dict(package.bytecode),
        "compressor": origin.compressor,
    }
    if origin.revision.reason:
        internal["noRevision"] = origin.revision.reason
    parts = sorted(origin.parts.items())
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": asked,
        "internalParameters": internal,
        "resolvedDependencies": [
            *_commit(origin),
            *map(_material, origin.materials),
            *map(_python, package.bytecode.values()),
            *({"name": name, "mediaType": INDEX, "digest": _sha256(one)} for name, one in parts),
        ],
    }


def _commit(origin: Origin) -> list[_Json]:
    if not origin.revision.commit:
        return []
    uri = {"uri": f"git+{origin.source}"} if origin.source else {}
    return [{"name": "source", **uri, "digest": {"gitCommit": origin.revision.commit}}]


def _material(one: Material) -> _Json:
    uri = {"uri": one.uri} if one.uri else {}
    digest = {"digest": _sha256(one.sha256)} if one.sha256 else {}
    return {"name": one.name, **uri, **digest}


def _python(version: str) -> _Json:
    """Name a Python that has compiled byte code."""
    return {"name": f"CPython {version}", "uri": f"pkg:generic/python@{version}"}


def _sha256(digest: str) -> dict[str, str]:
    return {"sha256": digest.removeprefix("sha256:")}


@dataclass(frozen=True)
class Statement:
    """A statement that was read."""

    content: Mapping[str, Any]

    @classmethod
    def parse(cls, data: bytes) -> Statement | None:
        """Read a statement of provenance; None if it is none."""
        try:
            content = parse_json(data)
            known = content["_type"] == STATEMENT and content["predicateType"] == PREDICATE
            return cls(content) if known and isinstance(content["subject"], list) else None
        except (ValueError, KeyError, TypeError):
            return None

    @property
    def digests(self) -> frozenset[str]:
        """The digests of what it is about, with their `sha256:`."""
        found = (_object(_object(one).get("digest")).get("sha256") for one in self.content["subject"])
        return frozenset(f"sha256:{digest}" for digest in found if digest)

    @property
    def revision(self) -> str:
        """The commit that it names, or ""."""
        definition = _object(_object(self.content.get("predicate")).get("buildDefinition"))
        dependencies = definition.get("resolvedDependencies")
        for one in dependencies if isinstance(dependencies, list) else ():
            commit = _object(_object(one).get("digest")).get("gitCommit")
            if isinstance(commit, str):
                return commit
        return ""

    @property
    def builder(self) -> str:
        """Who made it, or ""."""
        run = _object(_object(self.content.get("predicate")).get("runDetails"))
        return str(_object(run.get("builder")).get("id", ""))

    @property
    def no_revision(self) -> str:
        """The reason why it names no commit, or ""."""
        definition = _object(_object(self.content.get("predicate")).get("buildDefinition"))
        return str(_object(definition.get("internalParameters")).get("noRevision", ""))

    def is_about(self, package: DistPackage) -> bool:
        """Whether its subjects are exactly the files of a package as it is in dist/."""
        return bool(self.content["subject"] == subjects(package))


def read_statement(package: DistPackage, dist: Path) -> Statement | None:
    """Read the provenance of a package in dist/; None if it is missing or about something else."""
    try:
        found = Statement.parse((dist / package.provenance).read_bytes())
    except OSError:
        return None
    return found if found is not None and found.is_about(package) else None


def _object(value: object) -> _Json:
    return value if isinstance(value, dict) else {}
