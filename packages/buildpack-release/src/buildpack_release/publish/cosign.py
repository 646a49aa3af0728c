"""Running cosign, which signs and verifies: it learns from us whose signatures count, and how to log in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.redaction import redact
from buildpack_release.errors import ReleaseError
from oci_registry.reference import Reference, login_key
from oci_registry.remote.credentials import EnvironmentLogin
from oci_registry.remote.login import IdentityToken, Password

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LAST_LINES = 8
# What cosign 2 and 3 say when there is no signature, or none by whom it is asked for; all else is a failure.
_NOT_VERIFIED = re.compile(r"\bno (?:matching )?(?:signatures|attestations)\b")


@dataclass(frozen=True)
class Signatory:
    """Whose signatures count: the owner of a key, or an identity that an issuer vouches for (keyless).

    Attributes:
        key: a public key as `cosign verify --key` takes it; "" for an identity.
        identity: as it is in the certificate of a signature.
        issuer: the address of who has vouched for it.
    """

    key: str = ""
    identity: str = ""
    issuer: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """The options of `cosign verify`."""
        if self.key:
            return ("--key", self.key)
        return ("--certificate-identity", self.identity, "--certificate-oidc-issuer", self.issuer)

    def __str__(self) -> str:
        """What people call it."""
        return f"the key {redact(self.key)}" if self.key else f"{self.identity} ({self.issuer})"


@dataclass(frozen=True)
class CosignProgram:
    """The program, and what all its runs have in common.

    Attributes:
        executable: cosign, 2.2 or newer.
        log: whether signatures are in the transparency log (a public one, unless cosign is told another).
        insecure: whether plain HTTP and unverified TLS are allowed.
        environ: the environment; COSIGN_PASSWORD of an encrypted key is in it.
    """

    executable: Path
    log: bool
    insecure: bool
    environ: Mapping[str, str]

    def sign(self, reference: str, key: str) -> None:
        """Sign an image by its digest with a key, or keyless if it is "". Raises ReleaseError."""
        chosen = ["--key", key] if key else []
        log = [] if self.log else [*self._no_service(), "--tlog-upload=false"]
        arguments = ("sign", "--yes", *chosen, *log, *self._insecure(), reference)
        done = self._run(*arguments, is_asked=sys.stdin.isatty())
        if done.returncode:
            raise ReleaseError(
                f"cosign could not sign {reference}",
                detail=_last_lines(done),
                advice="No tag was written. Run the same command again once that is repaired.",
            )

    def has_signed(self, signatory: Signatory, reference: str) -> bool:
        """Tell whether an image has a signature of somebody. Raises ReleaseError if that cannot be told."""
        log = [] if self.log else ["--insecure-ignore-tlog=true"]
        done = self._run("verify", *signatory.options, *log, *self._insecure(), reference)
        if not done.returncode:
            return True
        if _NOT_VERIFIED.search(done.stdout):
            return False
        raise ReleaseError(
            f"cosign could not verify {reference}",
            detail=_last_lines(done),
            advice="Nothing is wrong with the signature so far: it could not be looked at.",
        )

    def public_key(self, key: str) -> str:
        """Return the public key (PEM) that belongs to a key. Raises ReleaseError."""
        done = self._run("public-key", "--key", key, is_asked=sys.stdin.isatty(), separate=True)
        if done.returncode:
            raise ReleaseError(
                f"cosign could not read the key {redact(key)}",
                detail=_last_lines(done),
                advice="Nothing was written. The password of a key file is taken from COSIGN_PASSWORD.",
            )
        return done.stdout

    def _run(
        self, *arguments: str, is_asked: bool = False, separate: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run it; both outputs come together unless they are to be separate.

        Somebody who `is_asked` at a terminal for a password, or to sign in on a page, sees what it says.
        """
        with self._environment(arguments[-1]) as environ:
            return subprocess.run(
                [os.fspath(self.executable), *arguments],
                env=environ,
                stdin=None if is_asked else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=None if is_asked else subprocess.PIPE if separate else subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )

    def _insecure(self) -> tuple[str, ...]:
        return ("--allow-http-registry", "--allow-insecure-registry") if self.insecure else ()

    def _no_service(self) -> list[str]:
        """Return the option that newer releases want before a signature may stay out of the log."""
        described = self._run("sign", "--help")
        option = "--use-signing-config"
        return [f"{option}=false"] if option in described.stdout else []

    @contextmanager
    def _environment(self, argument: str) -> Iterator[dict[str, str]]:
        """Return an environment in which cosign finds what we log in with, if the argument is an image.

        It reads the same files as we do, but not the STRATA_REGISTRY_* variables: those go into a
        configuration that exists as long as cosign runs, for nobody else to read.
        """
        own = dict(self.environ)
        if "SSL_CERT_FILE" not in own and own.get("REQUESTS_CA_BUNDLE"):
            own["SSL_CERT_FILE"] = own["REQUESTS_CA_BUNDLE"]
        if "@sha256:" not in argument:
            yield own
            return
        reference = Reference.parse(argument)
        login = EnvironmentLogin(self.environ).find(reference.registry, reference.repository)
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


@dataclass(frozen=True)
class SignatureCheck:
    """Tells whose signatures count, and whether an image has one of theirs."""

    cosign: CosignProgram
    signatory: Signatory

    def is_verified(self, reference: str) -> bool:
        """Tell whether an image (by its digest) has such a signature. Raises ReleaseError."""
        return self.cosign.has_signed(self.signatory, reference)

    def __str__(self) -> str:
        """Whose signatures count."""
        return str(self.signatory)


@dataclass(frozen=True)
class CosignSigner:
    """Signs with a key (a file, or the address of a key service), or keyless with the identity of the run.

    Attributes:
        cosign: the program.
        key: what `cosign sign --key` takes; "" for keyless.
        signatory: whose signatures count for keyless; with a key these are its own.
    """

    cosign: CosignProgram
    key: str
    signatory: Signatory = field(default_factory=Signatory)
    unsigned: str = ""
    _known: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def sign(self, reference: str) -> None:
        """Sign an image by its digest. Raises ReleaseError with what cosign said."""
        self.cosign.sign(reference, self.key)

    def is_verified(self, reference: str) -> bool:
        """Tell whether an image has a signature as sign() makes it. Raises ReleaseError."""
        if not self.key:
            return self.cosign.has_signed(self.signatory, reference)
        with self._lock:  # cosign may ask for the password
            public = self._known.get(self.key) or self.cosign.public_key(self.key)
            self._known[self.key] = public
        with tempfile.TemporaryDirectory(prefix="strata-") as folder:
            file = Path(folder, "cosign.pub")
            file.write_text(public, "utf-8")
            return self.cosign.has_signed(Signatory(str(file)), reference)

    def __str__(self) -> str:
        """Whose signatures count."""
        return str(Signatory(self.key) if self.key else self.signatory)


def _last_lines(done: subprocess.CompletedProcess[str]) -> str:
    """Return what cosign has said at its end, without secrets."""
    said = redact((done.stderr or "") + (done.stdout or ""))
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return "\n".join(lines[-_LAST_LINES:])
