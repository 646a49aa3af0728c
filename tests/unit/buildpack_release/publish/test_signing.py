"""When cosign is run, how, and with what in its environment; integration tests run the real one."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ExitCode, MissingToolError, ReleaseError, UsageError, exit_code_of
from buildpack_release.model.settings import SigningSettings
from buildpack_release.publish.publish_report import signing_line
from buildpack_release.publish.signing import Cosign, Signer, Unsigned, choose_signer, is_signed
from oci_registry.content import Manifest
from oci_registry.reference import Reference
from oci_registry.referrers_tag import fallback_tag
from oci_registry.testing.samples import image
from support.publishing import agreed, publication, unproven_tags, written
from support.registries import client

if TYPE_CHECKING:
    from pathlib import Path

    from oci_registry.testing.memory import MemoryRegistry

# Writes down its arguments, and what it could log in with and as what file.
RECORDER = """#!/bin/sh
echo "$@" >> "$RECORD"
case "$*" in *--help) echo "$HELP"; exit 0;; esac
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
    signer = choose(asked, {**environ, "STRATA_SIGN": variable}, SigningSettings(setting))
    signer.sign(IMAGE)
    assert record(environ) == [f"{expected} {IMAGE}"]
    assert signer.unsigned == ""


def test_nothing_is_signed_unasked(environ: dict[str, str]) -> None:
    assert choose("", environ).unsigned == "nobody asked for it (--sign)"
    assert choose("no", environ, SigningSettings("c.key")).unsigned == "it was asked not to (no)"
    assert signing_line((), Unsigned()) == "not signed: nobody asked for it (--sign)\n"


def test_without_cosign_nothing_is_published_that_was_to_be_signed() -> None:
    with pytest.raises(MissingToolError) as caught:
        choose("keyless", {"PATH": "/nowhere"})
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
        assert isinstance(signer, Cosign)
        found = " ".join(replace(signer, environ=environ).command(IMAGE)[1:])
        assert found == f"sign --yes --key a.key {option}--tlog-upload=false {IMAGE}"


def test_an_insecure_registry_has_to_be_asked_for(environ: dict[str, str]) -> None:
    signer = choose_signer("a.key", SigningSettings(), TO, environ, insecure=True)
    assert isinstance(signer, Cosign)
    assert {"--allow-http-registry", "--allow-insecure-registry"} <= set(signer.command(IMAGE))


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


class Remembering:
    """Signs as cosign does, into the registry, unless it fails."""

    unsigned = ""

    def __init__(self, registry: MemoryRegistry, *, fails: bool = False) -> None:
        self.registry, self.fails = registry, fails
        self.signed: list[str] = []

    def sign(self, reference: str) -> None:
        name, _, digest = reference.partition("@")
        assert not [one for one in self.tags() if not one.startswith("sha256-")], "a tag came first"
        assert unproven_tags(self.registry.store) == []
        if self.fails:
            raise ReleaseError("the key is gone")
        self.signed.append(reference)
        signature = image(digest.encode())
        with client(self.registry.host) as remote:
            repository = remote.repository(name.partition("/")[2])
            repository.push(signature, [f"{fallback_tag(digest)}.sig"])

    def tags(self) -> list[str]:
        return [tag for _, _, tags in self.registry.store.state().values() for tag, _ in tags]


def test_signed_before_the_tags_and_once(packed: Path, registry: MemoryRegistry) -> None:
    signer = Remembering(registry)
    first = replace(publication(packed, registry.host), signer=signer)
    results = first.publish(agreed)
    assert signer.signed == [f"{one.step.store.name}@{one.root.digest}" for one in results]
    assert signing_line(results, signer) == "signed: 3 now, 0 before\n"
    registry.requests.clear()
    again = first.publish(agreed)
    assert written(registry.requests) == []
    assert signing_line(again, signer) == "signed: 0 now, 3 before\n"
    assert [one.is_signed for one in first.verify()] == [True] * 3


def test_when_signing_fails_no_tag_is_written(packed: Path, registry: MemoryRegistry) -> None:
    failing = replace(publication(packed, registry.host), signer=Remembering(registry, fails=True))
    with pytest.raises(ReleaseError, match="the key is gone"):
        failing.publish(agreed)
    assert Remembering(registry).tags() == []


def test_what_was_published_unsigned_can_be_signed(packed: Path, registry: MemoryRegistry) -> None:
    """The plan says so; nothing else is done."""
    plain = publication(packed, registry.host)
    results = plain.publish(agreed)
    assert [one.is_signed for one in plain.verify()] == [False] * 3

    class Late(Remembering):
        def tags(self) -> list[str]:
            return []

    late = replace(plain, signer=Late(registry))
    assert not late.plan().is_done
    assert [one.signed for one in late.publish(agreed)] == [True] * 3
    assert late.plan().is_done
    assert results[0].root == late.plan().steps[0].root


def test_a_bundle_beside_the_image_is_a_signature_too(registry: MemoryRegistry) -> None:
    """Newer releases of cosign store it as a referrer."""
    subject = image(b"x")
    with client(registry.host) as remote:
        repository = remote.repository("a")
        repository.push(subject)
        kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
        bundle = image(b"signature", artifactType=kind, subject=subject.root.descriptor().to_json())
        repository.push(bundle)
        assert is_signed(repository, subject.root.digest, repository.referrers(subject.root.digest))
        other = Manifest(subject.root.media_type, subject.root.content + b" ")
        assert not is_signed(repository, other.digest, repository.referrers(other.digest))
