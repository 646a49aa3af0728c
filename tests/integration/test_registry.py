"""The client against registries, and the registry in memory against the real one: both get the same tests."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest
import requests

from oci_registry.blob_source import BlobSource
from oci_registry.content import INDEX, MANIFEST, sha256
from oci_registry.errors import ContentMismatchError, NotFoundError, RejectedError
from oci_registry.referrers_tag import fallback_tag
from oci_registry.store import TransferOutcome
from oci_registry.testing.samples import image, index
from support.needs import need
from support.registries import KINDS, Running, client, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from oci_registry.remote.client import RegistryClient
    from oci_registry.store import Content

REPOSITORY = "strata/python"


@pytest.fixture(params=KINDS)
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    with running(request.param, tmp_path / "registry") as found:
        yield found


@pytest.fixture
def remote(registry: Running) -> Iterator[RegistryClient]:
    with client(registry.host) as opened:
        yield opened


def two_platforms() -> Content:
    common = b"the same for all" * 100
    return index([(arch, image(common, arch.encode(), architecture=arch)) for arch in ("amd64", "arm64")])


def test_an_index_is_read_back_as_it_was_pushed(remote: RegistryClient) -> None:
    content, repository = two_platforms(), remote.repository(REPOSITORY)
    pushed = repository.push(content, ["1.0.0", "latest"])
    assert set(pushed.blobs.values()) == {TransferOutcome.UPLOADED}
    assert pushed.moved_tags == ("1.0.0", "latest")
    assert repository.manifests.get("latest") == content.root
    for manifest in content.manifests:
        assert repository.manifests.get(manifest.digest) == manifest
    for blob in content.blobs:
        assert repository.blobs.read(blob.digest) == blob.content
        assert repository.blobs.check(blob.digest, blob.size) == blob.size


def test_the_second_push_of_the_same_writes_nothing(remote: RegistryClient) -> None:
    content, repository = two_platforms(), remote.repository(REPOSITORY)
    repository.push(content, ["1.0.0"])
    again = repository.push(content, ["1.0.0"])
    assert set(again.blobs.values()) == {TransferOutcome.PRESENT}
    assert (again.new_manifests, again.moved_tags) == ((), ())


def test_a_tag_moves_only_when_told(remote: RegistryClient) -> None:
    repository = remote.repository(REPOSITORY)
    first, second = image(b"first"), image(b"second")
    repository.push(first, ["1.0.0", "latest"])
    repository.push(second, ["latest"])
    versions = [repository.manifests.head(tag) for tag in ("1.0.0", "latest")]
    assert [found and found.digest for found in versions] == [first.root.digest, second.root.digest]


def test_what_is_absent_is_none_and_not_an_error(remote: RegistryClient) -> None:
    repository = remote.repository("no/such/repository")
    digest = sha256(b"nowhere")
    assert repository.manifests.head("1.0.0") is None
    assert repository.manifests.find(digest) is None
    assert not repository.blobs.exists(digest)
    assert repository.manifests.tags() == ()
    assert repository.referrers(digest) == ()
    with pytest.raises(NotFoundError):
        repository.blobs.read(digest)


def test_head_describes_without_reading(remote: RegistryClient) -> None:
    content, repository = two_platforms(), remote.repository(REPOSITORY)
    repository.push(content, ["1.0.0"])
    found = repository.manifests.head("1.0.0")
    assert found is not None
    assert (found.media_type, found.digest) == (INDEX, content.root.digest)
    assert found.size == len(content.root.content)


def test_blobs_are_mounted_from_another_repository(remote: RegistryClient) -> None:
    content = image(b"shared" * 1000)
    remote.repository("strata/one").push(content)
    origins = dict.fromkeys((blob.digest for blob in content.blobs), "strata/one")
    pushed = remote.repository("strata/two").push(content, ["1"], mounts=origins)
    assert set(pushed.blobs.values()) == {TransferOutcome.MOUNTED}
    assert remote.repository("strata/two").blobs.read(content.blobs[0].digest) == b"shared" * 1000


def test_a_blob_that_cannot_be_mounted_is_uploaded(remote: RegistryClient) -> None:
    blob = BlobSource.from_bytes(b"is not where it was said to be")
    repository = remote.repository("strata/two")
    assert repository.blobs.push(blob, mount_from="strata/one") is TransferOutcome.UPLOADED
    assert repository.blobs.exists(blob.digest, blob.size)


def test_a_large_blob_goes_in_chunks_from_a_file(registry: Running, tmp_path: Path) -> None:
    path = tmp_path / "a layer"
    path.write_bytes(bytes(range(256)) * 1000)
    positions: list[int] = []
    with client(registry.host, chunk=100_000) as remote:
        blobs = remote.repository(REPOSITORY).blobs
        source = BlobSource.from_file(path)
        blobs.push_all([source, source], progress=lambda _digest, done, _total: positions.append(done))
        blobs.download(source.digest, tmp_path / "back", size=source.size)
    assert (tmp_path / "back").read_bytes() == path.read_bytes()
    assert positions == sorted(positions)
    assert positions[-1] == source.size


def test_the_empty_blob_is_a_blob(remote: RegistryClient) -> None:
    empty, repository = BlobSource.from_bytes(b""), remote.repository(REPOSITORY)
    assert repository.blobs.push(empty) is TransferOutcome.UPLOADED
    assert repository.blobs.read(empty.digest) == b""


def test_a_file_that_changes_is_found_out_and_not_stored(remote: RegistryClient, tmp_path: Path) -> None:
    path = tmp_path / "layer"
    path.write_bytes(b"before")
    source = BlobSource.from_file(path)
    path.write_bytes(b"after!")
    repository = remote.repository(REPOSITORY)
    with pytest.raises(ContentMismatchError, match="is not what it should be"):
        repository.blobs.push(source)
    assert not repository.blobs.exists(source.digest)


def test_a_manifest_without_its_blobs_is_rejected(remote: RegistryClient) -> None:
    with pytest.raises(RejectedError, match="400") as caught:
        remote.repository(REPOSITORY).manifests.put(image(b"missing").root, "1.0.0")
    assert "MANIFEST_BLOB_UNKNOWN" in caught.value.codes


def test_tags_come_page_by_page(registry: Running, remote: RegistryClient) -> None:
    repository = remote.repository(REPOSITORY)
    content = image(b"tagged")
    repository.push(content, [f"1.{number}" for number in range(5)])
    assert set(repository.manifests.tags()) == {f"1.{number}" for number in range(5)}


def test_referrers_are_found_with_and_without_the_api(registry: Running, remote: RegistryClient) -> None:
    repository = remote.repository(REPOSITORY)
    subject = two_platforms()
    repository.push(subject, ["1.0.0"])
    about = subject.root.descriptor().to_json()
    kinds = ("application/vnd.example.sbom", "application/vnd.example.signature")
    attached = [image(kind.encode(), artifactType=kind, subject=about) for kind in kinds]
    for content in attached:
        repository.blobs.push_all(content.blobs)
        repository.attach(content.root)
        repository.attach(content.root)  # once more changes nothing
    found = repository.referrers(subject.root.digest)
    assert {one.digest for one in found} == {content.root.digest for content in attached}
    assert len(found) == len(attached)
    signatures = repository.referrers(subject.root.digest, kinds[1])
    assert [one.digest for one in signatures] == [attached[1].root.digest]
    assert (fallback_tag(subject.root.digest) in repository.manifests.tags()) is not registry.referrers


def tar_of(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_skopeo_reads_what_was_pushed(registry: Running, remote: RegistryClient, tmp_path: Path) -> None:
    """The bytes are the same in the layout that skopeo makes of them, for every platform."""
    need("skopeo")
    platforms = [
        (arch, image(tar_of("hello", arch.encode()), architecture=arch)) for arch in ("amd64", "arm64")
    ]
    content = index(platforms)
    remote.repository(REPOSITORY).push(content, ["1.0.0"])
    source, layout = f"docker://{registry.host}/{REPOSITORY}:1.0.0", tmp_path / "layout"
    copy = [
        "skopeo",
        "copy",
        "--all",
        "--preserve-digests",
        "--src-tls-verify=false",
        source,
        f"oci:{layout}:1.0.0",
    ]
    run(*copy)
    blobs = {f"sha256:{path.name}": path.read_bytes() for path in (layout / "blobs/sha256").iterdir()}
    expected = {blob.digest: blob.content for blob in content.blobs}
    expected |= {manifest.digest: manifest.content for manifest in content.manifests}
    assert blobs == expected


def test_what_skopeo_pushed_is_read(registry: Running, remote: RegistryClient, tmp_path: Path) -> None:
    """Also Docker's own media types."""
    need("skopeo")
    content = image(tar_of("hello", b"world"))
    remote.repository(REPOSITORY).push(content, ["1"])
    host = registry.host
    copy = ["skopeo", "copy", "--format=v2s2", "--src-tls-verify=false", "--dest-tls-verify=false"]
    run(*copy, f"docker://{host}/{REPOSITORY}:1", f"docker://{host}/other:2")
    manifest = remote.repository("other").manifests.get("2")
    assert manifest.media_type == "application/vnd.docker.distribution.manifest.v2+json"
    assert manifest.config is not None
    assert (
        json.loads(remote.repository("other").blobs.read(manifest.config.digest))["architecture"] == "amd64"
    )


# What the registry in memory claims to be: the protocol, request by request.


def begin(url: str) -> str:
    answer = requests.post(f"{url}/v2/a/b/blobs/uploads/", timeout=10)
    assert (answer.status_code, answer.headers["Range"]) == (202, "0-0")
    return urljoin(url, answer.headers["Location"])


def finish(location: str, digest: str, body: bytes = b"") -> requests.Response:
    separator = "&" if "?" in location else "?"
    return requests.put(f"{location}{separator}digest={digest}", data=body, timeout=10)


def code(answer: requests.Response) -> str:
    return str(answer.json()["errors"][0]["code"])


def test_protocol_of_a_chunked_upload(registry: Running) -> None:
    location = begin(registry.url)
    for start, piece in ((0, b"abc"), (3, b"defg")):
        headers = {
            "Content-Range": f"{start}-{start + len(piece) - 1}",
            "Content-Type": "application/octet-stream",
        }
        answer = requests.patch(location, data=piece, headers=headers, timeout=10)
        assert (answer.status_code, answer.headers["Range"]) == (202, f"0-{start + len(piece) - 1}")
        location = urljoin(registry.url, answer.headers["Location"])
    status = requests.get(location, timeout=10)
    assert (status.status_code, status.headers["Range"]) == (204, "0-6")
    done = finish(location, sha256(b"abcdefg"))
    assert (done.status_code, done.headers["Docker-Content-Digest"]) == (201, sha256(b"abcdefg"))


def test_protocol_of_a_wrong_digest(registry: Running) -> None:
    """It is refused, and the session is over."""
    location = begin(registry.url)
    answer = finish(location, sha256(b"other"), b"something")
    assert (answer.status_code, code(answer)) == (400, "DIGEST_INVALID")
    assert requests.get(location, timeout=10).status_code == 404


def test_protocol_of_a_cancelled_upload(registry: Running) -> None:
    location = begin(registry.url)
    assert requests.delete(location, timeout=10).status_code == 204
    answer = requests.patch(location, data=b"late", timeout=10)
    assert (answer.status_code, code(answer)) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_protocol_of_ranges(registry: Running) -> None:
    digest = sha256(b"0123456789")
    finish(begin(registry.url), digest, b"0123456789")
    url = f"{registry.url}/v2/a/b/blobs/{digest}"
    part = requests.get(url, headers={"Range": "bytes=4-"}, timeout=10)
    assert (part.status_code, part.content) == (206, b"456789")
    assert part.headers["Content-Range"] == "bytes 4-9/10"
    head = requests.head(url, timeout=10)
    assert (head.headers["Content-Length"], head.headers["Docker-Content-Digest"]) == ("10", digest)


def _put(url: str, target: str, body: bytes, media_type: str = MANIFEST) -> requests.Response:
    place = f"{url}/v2/a/b/manifests/{target}"
    return requests.put(place, data=body, headers={"Content-Type": media_type}, timeout=10)


@pytest.mark.parametrize(
    ("target", "body", "expected"),
    [
        ("1", lambda _: b"not JSON", "MANIFEST_INVALID"),
        (sha256(b"other"), lambda content: content.root.content, "DIGEST_INVALID"),
    ],
)
def test_protocol_of_bad_manifests(
    registry: Running, target: str, body: Callable[[Content], bytes], expected: str
) -> None:
    content = image(b"layer")
    for blob in content.blobs:
        finish(begin(registry.url), blob.digest, blob.content)
    answer = _put(registry.url, target, body(content))
    assert (answer.status_code, code(answer)) == (400, expected)


def test_protocol_of_an_index_without_its_manifests(registry: Running) -> None:
    content = two_platforms()
    answer = _put(registry.url, "1", content.root.content, INDEX)
    assert (answer.status_code, code(answer)) == (400, "MANIFEST_BLOB_UNKNOWN")


def test_protocol_of_accept(registry: Running, remote: RegistryClient) -> None:
    """Who does not accept OCI manifests gets none."""
    remote.repository("a/b").push(image(b"layer"), ["1"])
    url = f"{registry.url}/v2/a/b/manifests/1"
    docker = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
    assert requests.get(url, headers=docker, timeout=10).status_code == 404
    assert requests.get(url, headers={"Accept": MANIFEST}, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v2/", None),
        ("/v2/a/b/manifests/1", "MANIFEST_UNKNOWN"),
        (f"/v2/a/b/blobs/{sha256(b'')}", "BLOB_UNKNOWN"),
        ("/v2/a/b/tags/list", "NAME_UNKNOWN"),
    ],
)
def test_protocol_of_an_empty_registry(registry: Running, path: str, expected: str | None) -> None:
    answer = requests.get(registry.url + path, timeout=10)
    assert answer.status_code == (404 if expected else 200)
    assert answer.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
    if expected:
        assert code(answer) == expected


def test_protocol_of_tag_pages(registry: Running, remote: RegistryClient) -> None:
    """Only where a Link is given; distribution 2.8 lists everything at once, whatever `n` is."""
    remote.repository("a/b").push(image(b"layer"), ["1", "2", "3"])
    answer = requests.get(f"{registry.url}/v2/a/b/tags/list?n=2", timeout=10)
    tags = set(answer.json()["tags"])
    assert tags == {"1", "2", "3"} or (tags == {"1", "2"} and "last=2" in answer.headers["Link"])


def test_protocol_of_deleting(registry: Running, remote: RegistryClient) -> None:
    content = image(b"layer")
    remote.repository("a/b").push(content, ["1"])
    url = f"{registry.url}/v2/a/b/manifests/{content.root.digest}"
    assert requests.delete(url, timeout=10).status_code == 202
    assert remote.repository("a/b").manifests.head("1") is None
