"""Signing images with cosign, which stores signatures where its own `cosign verify` looks for them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from buildpack_common.redaction import redact
from buildpack_release.errors import MissingToolError, ReleaseError, UsageError
from oci_registry.reference import Reference, login_key
from oci_registry.referrers_tag import fallback_tag
from oci_registry.remote.credentials import EnvironmentLogin
from oci_registry.remote.login import IdentityToken, Password

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_release.model.settings import SigningSettings
    from buildpack_release.publish.destination import Destination
    from oci_registry.content import Descriptor
    from oci_registry.store import Store

PROGRAM = "cosign"
KEYLESS = "keyless"
NOT = "no"
VARIABLE = "STRATA_SIGN"
LOG_VARIABLE = "STRATA_SIGN_LOG"
_TYPES = (
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.cosign.artifact.sig.v1+json",
)
_LAST_LINES = 8
_NO_LAYOUTS = "cosign signs in registries only"


class Signer(Protocol):
    """Signs what is published. `unsigned` is the reason why it does not, or ""."""

    @property
    def unsigned(self) -> str:
        """The reason why nothing is signed; "" if it is."""

    def sign(self, reference: str) -> None:
        """Sign an image by its digest (`registry/repository@sha256:...`)."""


@dataclass(frozen=True)
class Unsigned:
    """Signs nothing."""

    unsigned: str = "nobody asked for it (--sign)"

    def sign(self, reference: str) -> None:
        """Never called: nothing is due."""
        raise AssertionError(reference)


@dataclass(frozen=True)
class Cosign:
    """Signs with a key (a file, or the address of a key service), or keyless with the identity of the run.

    Attributes:
        executable: cosign.
        key: what `cosign sign --key` takes; "keyless" for none.
        log: whether signatures go to the transparency log (a public one, unless cosign is told another).
        insecure: whether plain HTTP and unverified TLS are allowed.
        environ: the environment; COSIGN_PASSWORD of an encrypted key is in it.
    """

    executable: Path
    key: str
    log: bool
    insecure: bool
    environ: Mapping[str, str]
    unsigned: str = ""

    def sign(self, reference: str) -> None:
        """Run cosign. Raises ReleaseError with what it said."""
        # Somebody at a terminal may be asked for a password, or sent to a page to sign in.
        is_asked = sys.stdin.isatty()
        with _credentials(Reference.parse(reference), self.environ) as environ:
            done = subprocess.run(
                self.command(reference),
                env=environ,
                stdin=None if is_asked else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=None if is_asked else subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        if done.returncode:
            said = [line.strip() for line in redact(done.stdout).splitlines() if line.strip()]
            raise ReleaseError(
                f"cosign could not sign {reference}",
                detail="\n".join(said[-_LAST_LINES:]),
                advice="No tag was written. Run the same command again once that is repaired.",
            )

    def command(self, reference: str) -> list[str]:
        """Return the command line."""
        key = [] if self.key == KEYLESS else ["--key", self.key]
        log = [] if self.log else [*self._no_service(), "--tlog-upload=false"]
        insecure = ["--allow-http-registry", "--allow-insecure-registry"] if self.insecure else []
        return [os.fspath(self.executable), "sign", "--yes", *key, *log, *insecure, reference]

    def _no_service(self) -> list[str]:
        """Return the option that newer releases want before a signature may stay out of the log."""
        described = subprocess.run(
            [self.executable, "sign", "--help"],
            env=dict(self.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        option = "--use-signing-config"
        return [f"{option}=false"] if option in described.stdout + described.stderr else []


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
        UsageError: layouts cannot be signed.
        MissingToolError: signing is asked for, and there is no cosign.
    """
    key = asked or environ.get(VARIABLE, "") or settings.key
    if key == NOT:
        return Unsigned("it was asked not to (no)")
    if not key:
        return Unsigned()
    if isinstance(destination, Path):
        if asked:
            raise UsageError(_NO_LAYOUTS, advice="Sign where the layouts are pushed to.")
        return Unsigned(_NO_LAYOUTS)
    found = shutil.which(PROGRAM, path=environ.get("PATH"))
    if found is None:
        raise MissingToolError(
            "signing is asked for, and there is no cosign on PATH; nothing was written",
            advice=f"Install cosign, or publish unsigned: --sign {NOT}.",
        )
    log = settings.log and environ.get(LOG_VARIABLE, "") != NOT
    return Cosign(Path(found), key, log, insecure, environ)


def is_signed(store: Store, digest: str, referrers: Iterable[Descriptor]) -> bool:
    """Whether cosign has stored a signature of an image, as a referrer or under its own tag."""
    if any(one.extra.get("artifactType") in _TYPES for one in referrers):
        return True
    return store.manifest(f"{fallback_tag(digest)}.sig") is not None


@contextmanager
def _credentials(reference: Reference, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Return an environment in which cosign finds what we log in with.

    It reads the same files as we do, but not the STRATA_REGISTRY_* variables: those go into a configuration
    that exists as long as cosign runs, for nobody else to read.
    """
    own = dict(environ)
    if "SSL_CERT_FILE" not in own and own.get("REQUESTS_CA_BUNDLE"):
        own["SSL_CERT_FILE"] = own["REQUESTS_CA_BUNDLE"]
    login = EnvironmentLogin(environ).find(reference.registry, reference.repository)
    if login is None:
        yield own
        return
    if isinstance(login, Password):
        entry = {"auth": login.basic().removeprefix("Basic ")}
    elif isinstance(login, IdentityToken):
        entry = {"identitytoken": login.token.reveal()}
    else:
        entry = {"registrytoken": login.token.reveal()}
    with tempfile.TemporaryDirectory(prefix="strata-") as folder:  # mode 0700
        config = Path(folder) / "config.json"
        config.write_text(json.dumps({"auths": {login_key(reference.registry): entry}}), "utf-8")
        yield {**own, "DOCKER_CONFIG": folder}
