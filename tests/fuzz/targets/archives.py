"""Archives of Python, and images as they lie in folders and in `.cnb` files."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

from buildpack_api.errors import BuildpackError
from buildpack_release.builder.module import LAYERS_LABEL
from fuzz.targets.common import Target, tree, write
from oci_registry.content import INDEX, sha256
from oci_registry.errors import ExpectedError
from oci_registry.layout import BLOBS, ENTRY_POINT, MARKER, LayoutArchive, LayoutStore
from oci_registry.reading import read_tree
from oci_registry.testing.samples import image, index
from python_runtime.unpack import unpack

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from oci_registry.layout import Layout

_BLOCK = 512
_CHECKSUM = slice(148, 156)


class RuntimeArchives(Target):
    """An archive whose sum is right is unpacked, whatever is in it: below its folder, or not at all."""

    name = "runtime-archives"
    expected = (BuildpackError,)
    tokens = (
        *(
            b"python/",
            b"python/../x",
            b"/etc/x",
            b"\0" * _BLOCK,
            b"0",
            b"1",
            b"2",
            b"3",
            b"5",
            b"7",
            b"L",
            b"K",
        ),
        *(
            b"x",
            b"g",
            b"S",
            b"ustar\x0000",
            b"ustar  \x00",
            b"77777777777\x00",
            b"\x80\xff\xff\xff\xff\xff\xff\xff",
        ),
        *(
            b"25 path=python/../../out\n",
            b"18 size=9999999999\n",
            b"22 GNU.sparse.size=1\n",
            b"12 mtime=inf\n",
        ),
        *(b"30 GNU.sparse.map=0,1,99999,1\n", b"20 linkpath=/etc/x\n", b"x" * 300),
    )

    def __init__(self) -> None:
        self.seeds = [{"archive.tar": content} for content in (_plain(), _links(), _long(tarfile.GNU_FORMAT))]
        self.seeds += [{"archive.tar": _long(tarfile.PAX_FORMAT)}, {"archive.tar": _sparse()}]

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Pack it, mostly with headers that add up, and unpack it."""
        content = files.get("archive.tar", b"")
        if rng.random() < 0.8:
            content = _adding_up(content)
        packed = gzip.compress(content, 1, mtime=0)
        if rng.random() < 0.05:
            packed = packed[: rng.randrange(len(packed))] + bytes([rng.randrange(256)])
        size = unpack(io.BytesIO(packed), place / "python", lambda name: not name.endswith(".left-out"))
        return size, tree(place)


def _tar(members: Sequence[tuple[str, bytes | str]], format_: int, *, hard: Mapping[str, str]) -> bytes:
    """Make an archive; text as content is what a symbolic link leads to."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format_) as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                tar.addfile(member)
            elif name.endswith("/"):
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            else:
                member.size, member.mode = len(content), 0o755
                tar.addfile(member, io.BytesIO(content))
        for name, target in hard.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.LNKTYPE, target
            tar.addfile(member)
    return out.getvalue()


def _plain() -> bytes:
    members = [
        ("python/", b""),
        ("python/bin/python3.13", b"\x7fELF" + b"x" * 600),
        ("python/lib/a.py", b"a = 1\n"),
    ]
    return _tar([*members, ("python/lib/b.left-out", b"b")], tarfile.USTAR_FORMAT, hard={})


def _links() -> bytes:
    members: list[tuple[str, bytes | str]] = [
        ("python/bin/python3.13", b"x"),
        ("python/bin/python3", "python3.13"),
        ("python/lib/up", "../bin"),
        ("python/lib/through", "up/python3"),
    ]
    return _tar(members, tarfile.GNU_FORMAT, hard={"python/bin/python": "python/bin/python3.13"})


def _long(format_: int) -> bytes:
    name = f"python/{'d' * 90}/{'é' * 40}/{'f' * 90}"
    return _tar([(name, b"x"), ("python/link", f"{'d' * 90}/" + "y" * 120)], format_, hard={})


def _sparse() -> bytes:
    member = tarfile.TarInfo("python/GNUSparseFile.0/sparse")
    content = b"1\n0\n1\n".ljust(_BLOCK, b"\0") + b"x"
    member.size = len(content)
    member.pax_headers = {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "python/sparse",
        "GNU.sparse.realsize": "1",
    }  # fmt: skip
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def _adding_up(content: bytes) -> bytes:
    """Write right checksums into what look like headers, so that what is changed in them is read."""
    data = bytearray(content)
    for start in range(0, len(data) - _BLOCK + 1, _BLOCK):
        if data[start + 257 : start + 262] == b"ustar":
            block = data[start : start + _BLOCK]
            block[_CHECKSUM] = b" " * 8
            data[start : start + _BLOCK][_CHECKSUM] = b""
            data[start + 148 : start + 156] = b"%06o\0 " % sum(block)
    return bytes(data)


class ImageLayouts(Target):
    """A layout that somebody hands over is read to its leaves, as a folder and as an archive."""

    name = "image-layouts"
    expected = (ExpectedError,)
    tokens = (
        *(
            b'"mediaType":',
            b'"digest":',
            b'"size":',
            b'"sha256:' + b"0" * 64 + b'"',
            b'"sha512:x"',
            b'"../../x"',
        ),
        *(
            b'"manifests":[]',
            b'"layers":{}',
            b'"config":null',
            b'"platform":7',
            b'"annotations":[]',
            b'"subject":1',
        ),
        *(f'"{LAYERS_LABEL}":"[1]"'.encode(), b'"rootfs":{"diff_ids":{}}', b'"history":[{"empty_layer":1}]'),
    )

    def __init__(self) -> None:
        label = json.dumps(
            {"a/b": {"1.0.0": {"api": "0.10", "layerDiffID": "x", "order": [{"group": [{}]}]}}}
        )
        self.seeds = [
            _layout(image(b"one", b"two", annotations={"a": "b"})),
            _layout(index([("amd64", image(b"x")), ("arm64", image(b"y", architecture="arm64"))])),
            _layout(image(label.encode(), config={"Labels": {LAYERS_LABEL: label}})),
        ]

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Read all images that the layout names; mostly what is changed gets its right digest."""
        if rng.random() < 0.8:
            files = _renamed(files)
        folder = write(files, place / "layout")
        archive = place / "layout.cnb"
        with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as tar:
            tar.add(folder, arcname=".")
        if rng.random() < 0.1:
            content = archive.read_bytes()
            start = rng.randrange(len(content))
            archive.write_bytes(content[:start] + rng.randbytes(20) + content[start + 20 :])
        return _images(LayoutStore(folder), place), _images_of_archive(archive, place)


def _layout(content: object) -> dict[str, bytes]:
    from oci_registry.store import Content

    assert isinstance(content, Content)
    files = {f"{BLOBS}/{one.digest.removeprefix('sha256:')}": one.content for one in content.manifests}
    for blob in content.blobs:
        with blob.open() as file:
            files[f"{BLOBS}/{blob.digest.removeprefix('sha256:')}"] = bytes(file.read())
    entry = content.root.descriptor().to_json(annotations={"org.opencontainers.image.ref.name": "1"})
    files[ENTRY_POINT] = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).encode()
    files[MARKER] = b'{"imageLayoutVersion":"1.0.0"}'
    return files


def _renamed(files: dict[str, bytes]) -> dict[str, bytes]:
    """Name blobs by what they are now, and say so wherever they were named: leaves first, as it happens."""
    for _ in range(3):  # a configuration, its manifest, the index of that
        for name in [one for one in files if one.startswith(BLOBS)]:
            content = files.pop(name)
            digest = sha256(content).removeprefix("sha256:")
            old = name.rpartition("/")[2].encode()
            files[f"{BLOBS}/{digest}"] = content
            if old.decode() != digest:
                files = {one: text.replace(old, digest.encode()) for one, text in files.items()}
    return files


def _images(layout: Layout, place: Path) -> object:
    found = []
    for entry in layout.index().manifests:
        root = layout.manifest(entry.digest, entry.media_type)
        if root is None:
            found.append("missing")
            continue
        tree_ = read_tree(layout, root)
        names = [(one.platform, one.labels, one.diff_ids, one.layer_names) for one in tree_.images]
        found.append(repr((tree_.digest, names, [one.digest for one in tree_.blobs])))
        for blob in tree_.blobs:
            try:
                found.append(str(sum(map(len, layout.pieces(blob)))))
            except ExpectedError as error:
                found.append(error.title.replace(str(place), ""))
    return found


def _images_of_archive(archive: Path, place: Path) -> object:
    try:
        return _images(LayoutArchive.read(archive), place)
    except ExpectedError as error:
        return str(error).replace(str(place), "")
