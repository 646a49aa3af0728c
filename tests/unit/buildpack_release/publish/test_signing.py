"""When cosign is run, how, and with what in its environment; integration tests run the real one."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ExitCode, MissingToolError, ReleaseError, UsageError, exit_code_of
from buildpack_release.model.settings import SigningSettings
from buildpack_release.publish.attachments import PROVENANCE
from buildpack_release.publish.cosign import CosignSigner, Signatory
from buildpack_release.publish.publication import Signature
from buildpack_release.publish.publish_report import signing_line
from buildpack_release.publish.signing import (
    Check,
    Signer,
    Unsigned,
    choose_check,
    choose_signer,
    has_signature,
)
from oci_registry.content import Manifest
from oci_registry.reference import Reference
from oci_registry.referrers_tag import fallback_tag
from oci_registry.testing.samples import image
from support.publishing import agreed, publication, unproven_tags, written
from support.registries import client

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.publish.publication import Publication
    from oci_registry.testing.memory import MemoryRegistry

# Writes down its arguments, and what it could log in with and as what file.
RECORDER = """#!/bin/sh
echo "$@" >> "$RECORD"
case "$*" in
    *--help) echo "$HELP"; exit 0;;
    public-key*) echo "the public key"; echo "asked" >&2; exit ${CODE:-0};;
    verify*) [ "$2" != --key ] || [ ! -f "$3" ] || cp "$3" "$RECORD.key"; echo "$SAID"; exit ${CODE:-0};;
esac
if [ -n "$DOCKER_CONFIG" ]; then
    cp "$DOCKER_CONFIG/config.json" "$RECORD.config"; ls -ld "$DOCKER_CONFIG" > "$RECORD.mode"
fi
echo "Enter password: https://me:secret@key.example/ is refused" >&2
exit ${CODE:-0}
"""
TO = Reference("registry.example", "acme")
IMAGE = f"registry.example/acme/one@sha256:{'a' * 64}"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with the recorder as cosign."""
    program = tmp_path / "bin/cosign"
    program.parent.mkdir()
    program.write_text(RECORDER)
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:/usr/bin:/bin", "RECORD": str(tmp_path / "record")}


def record(environ: dict[str, str]) -> list[str]:
    """The runs."""
    with open(environ["RECORD"], encoding="utf-8") as file:  # noqa: PTH123
        return file.read().splitlines()


def choose(asked: str, environ: dict[str, str], settings: SigningSettings | None = None) -> Signer:
    return choose_signer(asked, settings or SigningSettings(), TO, environ)


@pytest.mark.parametrize(
    ("asked", "variable", "setting", "expected"),
    [
        ("a.key", "b.key", "c.key", "sign --yes --key a.key"),
        ("", "b.key", "c.key", "sign --yes --key b.key"),
        ("", "", "c.key", "sign --yes --key c.key"),
        ("keyless", "", "c.key", "sign --yes"),
    ],
)
def test_the_option_counts_most_then_the_variable_then_the_settings(
    environ: dict[str, str], asked: str, variable: str, setting: str, expected: str
) -> None:
    known = SigningSettings(setting, identity="me@example", issuer="https://issuer.example")
    signer = choose(asked, {**environ, "STRATA_SIGN": variable}, known)
    signer.sign(IMAGE)
    assert record(environ) == [f"{expected} {IMAGE}"]
    assert signer.unsigned == ""


def test_nothing_is_signed_unasked(environ: dict[str, str]) -> None:
    assert choose("", environ).unsigned == "nobody asked for it (--sign)"
    assert choose("no", environ, SigningSettings("c.key")).unsigned == "it was asked not to (no)"
    assert signing_line((), Unsigned()) == "not signed: nobody asked for it (--sign)\n"


def test_without_cosign_nothing_is_published_that_was_to_be_signed() -> None:
    with pytest.raises(MissingToolError) as caught:
        choose("a.key", {"PATH": "/nowhere"})
    assert exit_code_of(caught.value) is ExitCode.MISSING_TOOL
    assert "--sign no" in caught.value.advice
    assert choose("", {"PATH": "/nowhere"}).unsigned


def test_layouts_are_signed_where_they_are_pushed_to(environ: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        choose_signer("a.key", SigningSettings(), tmp_path, environ)
    assert choose_signer("", SigningSettings("a.key"), tmp_path, environ).unsigned


@pytest.mark.parametrize(
    ("help_text", "option"), [("", ""), ("  --use-signing-config=true", "--use-signing-config=false ")]
)
def test_without_the_log(environ: dict[str, str], help_text: str, option: str) -> None:
    """By the settings, or the variable; newer releases want to be told twice."""
    environ = {**environ, "HELP": help_text}
    for signer in (
        choose("a.key", environ, SigningSettings(log=False)),
        choose("a.key", {**environ, "STRATA_SIGN_LOG": "no"}),
    ):
        signer.sign(IMAGE)
        assert record(environ)[-1] == f"sign --yes --key a.key {option}--tlog-upload=false {IMAGE}"


def test_an_insecure_registry_has_to_be_asked_for(environ: dict[str, str]) -> None:
    choose_signer("a.key", SigningSettings(), TO, environ, insecure=True).sign(IMAGE)
    assert {"--allow-http-registry", "--allow-insecure-registry"} <= set(record(environ)[0].split())


@pytest.mark.parametrize(
    ("variables", "entry"),
    [
        ({"USERNAME": "me", "PASSWORD": "pw"}, {"auth": "bWU6cHc="}),
        ({"IDENTITY_TOKEN": "t"}, {"identitytoken": "t"}),
        ({"TOKEN": "t"}, {"registrytoken": "t"}),
    ],
)
def test_cosign_logs_in_as_we_do(
    environ: dict[str, str], variables: dict[str, str], entry: dict[str, str]
) -> None:
    """Not by its command line, which everybody may read; the file goes away with it."""
    own = {f"STRATA_REGISTRY_{key}": value for key, value in variables.items()}
    choose("a.key", {**environ, **own, "STRATA_REGISTRY_HOST": TO.registry}).sign(IMAGE)
    with open(f"{environ['RECORD']}.config", encoding="utf-8") as file:  # noqa: PTH123
        assert json.load(file) == {"auths": {"registry.example": entry}}
    with open(f"{environ['RECORD']}.mode", encoding="utf-8") as file:  # noqa: PTH123
        mode, *_, folder = file.read().split()
    assert mode.startswith(stat.filemode(stat.S_IFDIR | 0o700))
    assert not is_there(folder)
    assert record(environ) == [f"sign --yes --key a.key {IMAGE}"]


def is_there(path: str) -> bool:
    from pathlib import Path

    return Path(path).exists()


def test_what_cosign_says_is_told_without_secrets(environ: dict[str, str]) -> None:
    with pytest.raises(ReleaseError) as caught:
        choose("a.key", {**environ, "CODE": "3"}).sign(IMAGE)
    assert "https://***@key.example/ is refused" in caught.value.detail
    assert "secret" not in str(caught.value)
    assert "No tag was written" in caught.value.advice


WHO = Signatory(identity="me@example", issuer="https://issuer.example")


def test_whose_signatures_count_without_a_key_has_to_be_known(environ: dict[str, str]) -> None:
    """The settings say it, or the workflow that runs; nobody's signature is taken for any."""
    with pytest.raises(UsageError) as caught:
        choose("keyless", environ)
    assert "identity and issuer" in caught.value.advice
    known = choose("keyless", environ, SigningSettings(identity=WHO.identity, issuer=WHO.issuer))
    assert isinstance(known, CosignSigner)
    assert known.signatory == WHO
    workflow = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://forge.example",
        "GITHUB_WORKFLOW_REF": "acme/x/.github/workflows/release.yml@refs/heads/main",
    }
    running = choose("keyless", {**environ, **workflow})
    assert isinstance(running, CosignSigner)
    assert running.signatory.identity == (
        "https://forge.example/acme/x/.github/workflows/release.yml@refs/heads/main"
    )


def check(environ: dict[str, str], signatory: Signatory, *, log: bool = True) -> Check:
    found = choose_check(signatory, SigningSettings(log=log), TO, environ)
    assert found is not None
    return found


def test_cosign_is_told_whose_signature_counts(environ: dict[str, str]) -> None:
    """A public key, or an identity with its issuer; the log is asked unless signatures are not in it."""
    assert check(environ, Signatory("a.pub"), log=False).is_verified(IMAGE)
    assert check(environ, WHO).is_verified(IMAGE)
    assert record(environ) == [
        f"verify --key a.pub --insecure-ignore-tlog=true {IMAGE}",
        "verify --certificate-identity me@example --certificate-oidc-issuer https://issuer.example " + IMAGE,
    ]


def test_our_own_signature_is_verified_with_our_public_key(environ: dict[str, str]) -> None:
    """Which cosign reads once from the key that it signs with, wherever that is."""
    signer = choose("kms://somewhere", environ)
    assert signer.is_verified(IMAGE)
    assert signer.is_verified(IMAGE)
    with open(f"{environ['RECORD']}.key", encoding="utf-8") as file:  # noqa: PTH123
        assert file.read() == "the public key\n"
    assert [line.split()[0] for line in record(environ)] == ["public-key", "verify", "verify"]
    with pytest.raises(ReleaseError, match=r"could not read the key b\.key"):
        choose("b.key", {**environ, "CODE": "1"}).is_verified(IMAGE)


@pytest.mark.parametrize(
    "said",
    [
        "Error: no matching signatures: invalid signature when validating ASN.1 encoded signature",
        "Error: no signatures found",
        "Error: no matching attestations: failed to verify signature: could not verify envelope",
    ],
)
def test_another_ones_signature_does_not_count(environ: dict[str, str], said: str) -> None:
    assert not check({**environ, "CODE": "1", "SAID": said}, WHO).is_verified(IMAGE)


def test_what_could_not_be_verified_is_no_verdict(environ: dict[str, str]) -> None:
    with pytest.raises(ReleaseError, match="cosign could not verify") as caught:
        check({**environ, "CODE": "1", "SAID": "tuf refresh failed: no such host"}, WHO).is_verified(IMAGE)
    assert "no such host" in caught.value.detail


@pytest.mark.parametrize(
    "signatory",
    [
        Signatory("a.pub", "me@example"),
        Signatory(identity="me@example"),
        Signatory(issuer="https://x.example"),
    ],
)
def test_half_an_identity_is_none(environ: dict[str, str], signatory: Signatory) -> None:
    with pytest.raises(UsageError):
        check(environ, signatory)


def test_nobody_is_asked_for_and_nothing_is_verified(environ: dict[str, str], tmp_path: Path) -> None:
    assert choose_check(Signatory(), SigningSettings(), TO, {"PATH": "/nowhere"}) is None
    with pytest.raises(MissingToolError):
        choose_check(WHO, SigningSettings(), TO, {"PATH": "/nowhere"})
    with pytest.raises(UsageError):
        choose_check(WHO, SigningSettings(), tmp_path, environ)


class Remembering:
    """Signs as cosign does, into the registry, unless it fails; knows what it has signed."""

    unsigned = ""

    def __init__(self, registry: MemoryRegistry, *, fails: bool = False) -> None:
        self.registry, self.fails = registry, fails
        self.signed: list[str] = []

    def sign(self, reference: str) -> None:
        digest = reference.partition("@")[2]
        assert not [one for one in self.tags() if not one.startswith("sha256-")], "a tag came first"
        assert unproven_tags(self.registry.store) == []
        if self.fails:
            raise ReleaseError("the key is gone")
        self.signed.append(reference)
        self.store(reference, f"{fallback_tag(digest)}.sig")

    def store(self, reference: str, tag: str) -> None:
        """Store a signature, as it may be anybody's."""
        name, _, digest = reference.partition("@")
        with client(self.registry.host) as remote:
            remote.repository(name.partition("/")[2]).push(image(digest.encode()), [tag])

    def is_verified(self, reference: str) -> bool:
        return reference in self.signed

    def tags(self) -> list[str]:
        return [tag for _, _, tags in self.registry.store.state().values() for tag, _ in tags]


class Late(Remembering):
    """Signs what has been published."""

    def tags(self) -> list[str]:
        return []


def to_sign(publication: Publication) -> list[str]:
    """What the plan would sign: the index comes after the documents beside it."""
    return [f"{step.store.name}@{one}" for step in publication.plan().steps for one in step.to_sign]


def test_signed_before_the_tags_and_once(packed: Path, registry: MemoryRegistry) -> None:
    """The index and both documents, by digest; what they say is bound to who has published it."""
    signer = Remembering(registry)
    first = replace(publication(packed, registry.host), signer=signer)
    results = first.publish(agreed)
    assert signer.signed == [
        f"{one.step.store.name}@{digest}"
        for one in results
        for digest in (*(document.manifest.digest for document in one.step.attachments), one.root.digest)
    ]
    assert len(signer.signed) == 3 * 3
    assert signing_line(results, signer) == "signed: 3 now, 0 before\n"
    registry.requests.clear()
    again = first.publish(agreed)
    assert written(registry.requests) == []
    assert signing_line(again, signer) == "signed: 0 now, 3 before\n"
    assert [one.signature for one in first.verify()] == [Signature.VERIFIED] * 3


def test_when_signing_fails_no_tag_is_written(packed: Path, registry: MemoryRegistry) -> None:
    failing = replace(publication(packed, registry.host), signer=Remembering(registry, fails=True))
    with pytest.raises(ReleaseError, match="the key is gone"):
        failing.publish(agreed)
    assert Remembering(registry).tags() == []


def test_what_was_published_unsigned_can_be_signed(packed: Path, registry: MemoryRegistry) -> None:
    """The plan says so; nothing else is done."""
    plain = publication(packed, registry.host)
    results = plain.publish(agreed)
    assert [one.signature for one in plain.verify()] == [Signature.NONE] * 3
    late = replace(plain, signer=Late(registry))
    assert not late.plan().is_done
    assert [one.signed for one in late.publish(agreed)] == [True] * 3
    assert late.plan().is_done
    assert results[0].root == late.plan().steps[0].root
    assert [one.signature for one in plain.verify()] == [Signature.STORED] * 3


def test_a_signature_of_somebody_else_is_none(packed: Path, registry: MemoryRegistry) -> None:
    """What is stored is not skipped unless it is verified; who reads it back is told what is not signed."""
    plain = publication(packed, registry.host)
    results = plain.publish(agreed)
    stranger, ours = Late(registry), Late(registry)
    replace(plain, signer=stranger).publish(agreed)
    assert len(to_sign(replace(plain, signer=ours))) == 3 * 3
    problems = [text for one in replace(plain, check=ours).verify() for text in one.problems]
    assert len(problems) == 3 * 3
    assert sum("its provenance is not signed by " in text for text in problems) == 3
    assert sum("its SBOM is not signed by " in text for text in problems) == 3
    replace(plain, signer=ours).publish(agreed)
    assert to_sign(replace(plain, signer=ours)) == []
    assert len(results) == 3


def test_a_document_of_somebody_else_is_not_signed_for_them(packed: Path, registry: MemoryRegistry) -> None:
    """It may say anything; ours is stored beside it and signed, and that one counts."""
    plain = publication(packed, registry.host)
    (step, *_) = plain.plan().steps
    (provenance,) = (one for one in step.attachments if one.kind is PROVENANCE)
    foreign = Manifest.from_json(
        {
            **provenance.manifest.document,
            "annotations": {**provenance.manifest.annotations, "by": "a stranger"},
        }
    )
    assert foreign.digest != provenance.manifest.digest
    plain.publish(agreed)
    with client(registry.host) as remote:
        repository = remote.repository(step.store.name.partition("/")[2])
        repository.attach(foreign)
        signer = Late(registry)
        signed = replace(plain, signer=signer)
        assert f"{step.store.name}@{foreign.digest}" not in to_sign(signed)
        # Ours was lost: the stranger's is the only one of its kind.
        name = step.store.name.partition("/")[2]
        registry.store.delete_manifest(name, provenance.manifest.digest)
        signed.publish(agreed)
        assert f"{step.store.name}@{provenance.manifest.digest}" in signer.signed
        assert f"{step.store.name}@{foreign.digest}" not in signer.signed
        digests = [one.digest for one in repository.referrers(step.root.digest)]
        assert {foreign.digest, provenance.manifest.digest} <= set(digests)
    assert [one.problems for one in signed.verify()] == [()] * 3


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize(
    ("predicate", "counts"),
    [("https://sigstore.dev/cosign/sign/v1", True), ("https://slsa.dev/provenance/v1", False), ("", False)],
)
def test_a_bundle_that_signs_the_image_is_a_signature_too(
    registry: MemoryRegistry, predicate: str, counts: bool, is_listed: bool
) -> None:
    """Newer releases of cosign store it as a referrer; other bundles are about other claims.

    In the index of a fallback tag cosign leaves the annotations out.
    """
    subject = image(b"x")
    said = {"dev.sigstore.bundle.predicateType": predicate} if predicate else {}
    with client(registry.host) as remote:
        repository = remote.repository("a")
        repository.push(subject)
        kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
        bundle = image(
            b"signature", artifactType=kind, annotations=said, subject=subject.root.descriptor().to_json()
        )
        repository.push(bundle)
        referrers = repository.referrers(subject.root.digest)
        assert [one.digest for one in referrers] == [bundle.root.digest]
        if not is_listed:
            referrers = tuple(
                replace(one, extra={name: v for name, v in one.extra.items() if name != "annotations"})
                for one in referrers
            )
        assert has_signature(repository, subject.root.digest, referrers) is counts
        other = Manifest(subject.root.media_type, subject.root.content + b" ")
        assert not has_signature(repository, other.digest, repository.referrers(other.digest))
