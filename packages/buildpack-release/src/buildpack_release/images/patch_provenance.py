"""Where a patched image comes from: an in-toto Statement v1 with a SLSA Provenance v1 predicate, beside it.

The materials are the old image and the new layer; it says what was exchanged against what. It is described in
the README of buildpack-release ("Patching").
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from buildpack_release.attestation.provenance import MEDIA_TYPE, PREDICATE, STATEMENT
from buildpack_release.errors import ReleaseError
from buildpack_release.publish.attachments import PREDICATE as PREDICATE_TYPE
from buildpack_release.publish.attachments import TITLE
from oci_registry.blob_source import BlobSource
from oci_registry.content import MANIFEST, Manifest
from oci_registry.errors import RegistryConflictError, RejectedError
from oci_registry.store import Content

if TYPE_CHECKING:
    from buildpack_release.attestation.builder_identity import BuilderIdentity
    from buildpack_release.images.patch_plan import PlannedPatch
    from oci_registry.store import Store

BUILD_TYPE = "urn:strata:image-patch:v1"
_NAME = "image-patch.intoto.json"


def write_statement(planned: PlannedPatch, builder: BuilderIdentity) -> bytes:
    """Return the statement about a patched image; it is the same for all its tags, and at any time."""
    old, new = planned.root, planned.new_root
    if old is None or new is None:
        raise ReleaseError(f"{planned.place.name} was not patched")
    repository = planned.place.store.name
    exchanged = [
        {
            "platform": one.platform,
            "image": one.exchanged.manifest.digest,
            "python": {"old": one.old, "new": one.new},
            "layer": {"old": one.old_layer, "new": one.runtime.diff_id},
        }
        for one in planned.patched
        if one.exchanged and one.runtime
    ]
    layers = {one.runtime.blob.digest: one for one in planned.patched if one.runtime}
    run: dict[str, Any] = {"builder": {"id": builder.id}}
    if builder.invocation:
        run["metadata"] = {"invocationId": builder.invocation}
    statement = {
        "_type": STATEMENT,
        "subject": [{"name": repository, "digest": _sha256(new.digest)}],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"image": f"{repository}@{old.digest}"},
                "internalParameters": {"exchanged": exchanged},
                "resolvedDependencies": [
                    {"name": "old image", "uri": f"{repository}@{old.digest}", "digest": _sha256(old.digest)},
                    *(
                        {"name": f"layer of Python {one.new}", "digest": _sha256(digest)}
                        for digest, one in sorted(layers.items())
                    ),
                ],
            },
            "runDetails": run,
        },
    }
    return (json.dumps(statement, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def attach_provenance(
    store: Store, planned: PlannedPatch, subject: Manifest, builder: BuilderIdentity
) -> Manifest:
    """Store the statement beside a patched image (OCI 1.1 referrers), and return it. Raises ReleaseError."""
    document = BlobSource.from_bytes(write_statement(planned, builder))
    # Configuration and layer are one blob: each blob is two requests, and there may be thousands of images.
    described = document.descriptor(MEDIA_TYPE).to_json(annotations={TITLE: _NAME})
    manifest = Manifest.from_json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": MEDIA_TYPE,
            "config": document.descriptor(MEDIA_TYPE).to_json(),
            "layers": [described],
            "subject": subject.descriptor().to_json(),
            "annotations": {TITLE: _NAME, PREDICATE_TYPE: PREDICATE},
        }
    )
    store.push(Content((document,), ()), mounts={}, progress=lambda *_: None, absent=[document.digest])
    try:
        store.attach(manifest)
    except (RejectedError, RegistryConflictError) as error:
        error.advice = (
            f"{error.advice}\nNo tag was written. If {store.name} can store no documents beside images, "
            "patch without --provenance."
        ).strip()
        raise
    return manifest


def _sha256(digest: str) -> dict[str, str]:
    return {"sha256": digest.removeprefix("sha256:")}
