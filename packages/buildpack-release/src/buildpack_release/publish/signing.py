"""Whether and by whom images are signed, and what counts as a signature.

What is signed is the index of a package and each document beside it, by digest: so what the documents say is
bound to who has published the package. A signature that is only stored says nothing; where somebody is asked
for, cosign verifies that it is theirs.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from buildpack_release.errors import MissingToolError, UsageError
from buildpack_release.maintainer_variables import SIGN, SIGN_LOG
from buildpack_release.publish.cosign import CosignProgram, CosignSigner, Signatory, SignatureCheck
from oci_registry.referrers_tag import fallback_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from buildpack_release.model.settings import SigningSettings
    from buildpack_release.publish.destination import Destination
    from oci_registry.content import Descriptor
    from oci_registry.store import Store

PROGRAM = "cosign"
KEYLESS = "keyless"
NOT = "no"
_LEGACY = "application/vnd.dev.cosign.artifact.sig.v1+json"
_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
# A bundle may be about anything, an attestation too; this one says that the image is signed.
_PREDICATE, _SIGNATURE = "dev.sigstore.bundle.predicateType", "https://sigstore.dev/cosign/sign/v1"
_NO_LAYOUTS = "cosign signs in registries only"
_GITHUB = "https://token.actions.githubusercontent.com"


class Check(Protocol):
    """Tells whether an image has a signature that counts; as text: whose."""

    def is_verified(self, reference: str) -> bool:
        """Tell whether an image (`registry/repository@sha256:...`) has such a signature.

        Raises ReleaseError if that cannot be told.
        """


class Signer(Check, Protocol):
    """Signs what is published. `unsigned` is the reason why it does not, or ""."""

    @property
    def unsigned(self) -> str:
        """The reason why nothing is signed; "" if it is."""

    def sign(self, reference: str) -> None:
        """Sign an image by its digest. Raises ReleaseError."""


@dataclass(frozen=True)
class Unsigned:
    """Signs nothing."""

    unsigned: str = "nobody asked for it (--sign)"

    def sign(self, reference: str) -> None:
        """Never called: nothing is due."""
        raise AssertionError(reference)

    def is_verified(self, reference: str) -> bool:
        """Never called: nobody's signature is asked for."""
        raise AssertionError(reference)


def choose_signer(
    asked: str,
    settings: SigningSettings,
    destination: Destination,
    environ: Mapping[str, str],
    *,
    insecure: bool = False,
) -> Signer:
    """Return how images are signed, before anything is published.

    Args:
        asked: the option: a key for cosign, "keyless", or "no"; "" takes STRATA_SIGN, else the settings.
        settings: what the repository says.
        destination: where is published to.
        environ: the environment.
        insecure: whether plain HTTP and unverified TLS are allowed.

    Raises:
        UsageError: layouts cannot be signed; or it is to be keyless, and whose signatures count is not known.
        MissingToolError: signing is asked for, and there is no cosign.
    """
    key = asked or environ.get(SIGN.name, "") or settings.key
    if key == NOT:
        return Unsigned("it was asked not to (no)")
    if not key:
        return Unsigned()
    if isinstance(destination, Path):
        if asked:
            raise UsageError(_NO_LAYOUTS, advice="Sign where the layouts are pushed to.")
        return Unsigned(_NO_LAYOUTS)
    signatory = _keyless_signatory(settings, environ) if key == KEYLESS else Signatory()
    otherwise = f"or publish unsigned: --sign {NOT}"
    program = _program(settings, environ, "signing is asked for", otherwise, insecure=insecure)
    return CosignSigner(program, "" if key == KEYLESS else key, signatory)


def choose_check(
    signatory: Signatory,
    settings: SigningSettings,
    destination: Destination,
    environ: Mapping[str, str],
    *,
    insecure: bool = False,
) -> SignatureCheck | None:
    """Return how signatures are checked; None if nobody is asked for: no key and no identity.

    Raises:
        UsageError: both are asked for, or an identity without who vouches for it; or layouts are read.
        MissingToolError: there is no cosign.
    """
    if signatory == Signatory():
        return None
    if signatory.key and (signatory.identity or signatory.issuer):
        raise UsageError("a signature is made with a key or by an identity, and both are asked for")
    if not signatory.key and not (signatory.identity and signatory.issuer):
        raise UsageError(
            "an identity counts only with who vouches for it",
            advice="Say both: --identity and --issuer.",
        )
    if isinstance(destination, Path):
        raise UsageError("cosign verifies in registries only")
    otherwise = "or leave out --key and --identity"
    program = _program(settings, environ, "signatures are to be verified", otherwise, insecure=insecure)
    return SignatureCheck(program, signatory)


def _program(
    settings: SigningSettings,
    environ: Mapping[str, str],
    why: str,
    otherwise: str,
    *,
    insecure: bool,
) -> CosignProgram:
    found = shutil.which(PROGRAM, path=environ.get("PATH"))
    if found is None:
        raise MissingToolError(
            f"{why}, and there is no cosign on PATH; nothing was written",
            advice=f"Install cosign, {otherwise}.",
        )
    log = settings.log and environ.get(SIGN_LOG.name, "") != NOT
    return CosignProgram(Path(found), log, insecure, environ)


def _keyless_signatory(settings: SigningSettings, environ: Mapping[str, str]) -> Signatory:
    """Return who will have signed: whom the settings name, else this run of a workflow. Raises UsageError."""
    if settings.identity and settings.issuer:
        return Signatory(identity=settings.identity, issuer=settings.issuer)
    server, workflow = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_WORKFLOW_REF")
    if environ.get("GITHUB_ACTIONS") == "true" and server and workflow:
        return Signatory(identity=f"{server}/{workflow}", issuer=_GITHUB)
    raise UsageError(
        "signatures are to be made without a key, and it is not known whose count",
        advice="Say so in pyproject.toml, [tool.buildpack-release.signing]: identity and issuer, as in the\n"
        "certificate. A workflow of GitHub knows its own.",
    )


def has_signature(store: Store, digest: str, referrers: Iterable[Descriptor]) -> bool:
    """Tell whether cosign has stored a signature of an image, as a referrer or under its own tag.

    Whose it is, and whether it is right, only cosign tells.
    """
    for one in referrers:
        kind = one.extra.get("artifactType")
        if kind == _LEGACY or (kind == _BUNDLE and _is_signature(store, one)):
            return True
    return store.manifest(f"{fallback_tag(digest)}.sig") is not None


def _is_signature(store: Store, bundle: Descriptor) -> bool:
    """Tell whether a bundle is a signature: in the index of a fallback tag its annotations are left out."""
    said = bundle.annotations.get(_PREDICATE)
    if said is None and (manifest := store.manifest(bundle.digest)) is not None:
        said = manifest.annotations.get(_PREDICATE)
    return said == _SIGNATURE
