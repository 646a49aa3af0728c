"""Builders that are not composed, since something in them would not fit or not be what was meant."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from buildpack_release.builder.create import create_builder
from buildpack_release.errors import ConflictError, ReleaseError, UsageError
from support.builder_parts import (
    LIFECYCLE_TOML,
    Parts,
    base,
    buildpack,
    create,
    created_in,
    lifecycle,
    order,
    package,
    read_builder,
    said,
)
from support.sample_repository import write

ORDERS = [
    ("not there", ["acme/c"], "no buildpack acme/c in this builder"),
    ("misspelt", ["acme/al"], 'did you mean "acme/a'),
    ("another version", ["acme/a@9.0.0"], "no acme/a@9.0.0 in this builder, which has acme/a 1.0.0"),
]


@pytest.mark.parametrize(("group", "message"), [one[1:] for one in ORDERS], ids=[one[0] for one in ORDERS])
def test_a_member_of_the_order_must_be_there(parts: Parts, group: list[str], message: str) -> None:
    parts.configure("all.cnb", order=order(group))
    text = said(parts)
    assert message in text
    assert f"{os.path.relpath(parts.config)}:" in text or f"{parts.config}:" in text


def test_a_version_may_be_left_out_only_if_there_is_one(parts: Parts) -> None:
    package(parts.folder / "new.cnb", buildpack(parts.folder / "new", "acme/a@1.1.0"))
    parts.configure("a.cnb", "new.cnb", order=order(["acme/a"]))
    text = said(parts)
    assert "acme/a is in this builder with several versions" in text
    parts.configure("a.cnb", "new.cnb", order=order(["acme/a@1.1.0"]))
    create(parts)


def test_one_version_with_two_contents_is_refused(parts: Parts) -> None:
    """Pack takes the later one and says so only when asked for details."""
    package(parts.folder / "other.cnb", buildpack(parts.folder / "other", "acme/a@1.0.0", program="exit 1"))
    parts.configure("all.cnb", "other.cnb", order=order(["acme/all"]))
    assert "acme/a@1.0.0 is in two packages with different content: all.cnb and other.cnb" in said(parts)


def test_a_composite_needs_its_components(parts: Parts) -> None:
    parts.configure("all", "a.cnb", order=order(["acme/all"]))
    assert "acme/all@3.0.0 needs acme/b@2.0.0, which is not in this builder" in said(parts)


def test_composites_that_contain_each_other_are_refused(parts: Parts) -> None:
    """Pack and the lifecycle would never come to an end."""
    buildpack(parts.folder / "x", "acme/x@1.0.0", tables=order(["acme/y@1.0.0"]))
    buildpack(parts.folder / "y", "acme/y@1.0.0", tables=order(["acme/x@1.0.0"]))
    parts.configure("x", "y", order=order(["acme/x"]))
    assert "composites contain each other: acme/x@1.0.0 -> acme/y@1.0.0" in said(parts)


TARGETS = [
    ("processor", '[[targets]]\nos = "linux"\narch = "arm64"\n', "acme/t@1.0.0 is not for linux/amd64"),
    (
        "distribution",
        '[[targets]]\nos = "linux"\n[[targets.distros]]\nname = "ubuntu"\nversion = "22.04"\n',
        "is not for linux/amd64 with debian 12",
    ),
]


@pytest.mark.parametrize(("tables", "message"), [t[1:] for t in TARGETS], ids=[t[0] for t in TARGETS])
def test_buildpacks_must_be_for_the_base(parts: Parts, tables: str, message: str) -> None:
    shutil.rmtree(parts.folder / "base")
    labels = {"io.buildpacks.base.distro.name": "debian", "io.buildpacks.base.distro.version": "12"}
    base(parts.folder / "base", labels=labels)
    buildpack(parts.folder / "t", "acme/t@1.0.0", tables=tables)
    parts.configure("t", order=order(["acme/t"]))
    assert message in said(parts)


def test_what_is_not_said_fits(parts: Parts) -> None:
    """As for the lifecycle: a target without processor, a base without distribution."""
    distro = '[[targets.distros]]\nname = "ubuntu"\nversion = "22.04"\n'
    buildpack(parts.folder / "t", "acme/t@1.0.0", tables=f'[[targets]]\nos = "linux"\n{distro}')
    parts.configure("t", order=order(["acme/t"]))
    create(parts)


def test_the_lifecycle_must_know_the_api(parts: Parts) -> None:
    old = LIFECYCLE_TOML.replace('["0.10", "0.11", "0.12"]', '["0.8"]')
    lifecycle(parts.folder / "lifecycle.tgz", descriptor=old)
    text = said(parts)
    assert "acme/a@1.0.0 is written for Buildpack API 0.10" in text
    assert "There are 2 more errors: see `inv builder.check" in text


def test_a_deprecated_api_is_a_warning(parts: Parts) -> None:
    lines: list[str] = []
    deprecating = LIFECYCLE_TOML.replace('["0.9"]', '["0.9", "0.10"]').replace('["0.10", "0.11"', '["0.11"')
    lifecycle(parts.folder / "lifecycle.tgz", descriptor=deprecating)
    create_builder(parts.config, str(parts.folder / "out"), dist=parts.dist, report=lines.append)
    assert any("deprecated-api" in line and "acme/a@1.0.0" in line for line in lines)


def test_the_lifecycle_must_be_for_the_base(parts: Parts) -> None:
    """Its programs would not start, which pack does not see."""
    program = b"\x7fELF\x02\x01" + bytes(12) + b"\xb7\x00"
    lifecycle(parts.folder / "lifecycle.tgz", program=program)
    assert "this lifecycle is for arm64, the base for amd64" in said(parts)


def test_the_target_must_be_that_of_the_base(parts: Parts) -> None:
    parts.configure("all.cnb", order=order(["acme/all"]), more='[[targets]]\nos = "linux"\narch = "arm64"\n')
    assert "the base is for linux/amd64, not for linux/arm64" in said(parts)


def test_a_stack_must_be_that_of_the_base(parts: Parts) -> None:
    parts.configure("all.cnb", order=order(["acme/all"]), more='[stack]\nid = "acme.stack"\n')
    assert 'the base has the stack "", not "acme.stack"' in said(parts)


def test_too_many_layers_are_refused(parts: Parts) -> None:
    names = [f"p{number}" for number in range(121)]
    for name in names:
        buildpack(parts.folder / name, f"acme/{name}@1.0.0")
    parts.configure(*names, order=order(["acme/p1"]))
    assert "container engines take 127" in said(parts)


def test_a_package_must_be_the_one_that_was_meant(parts: Parts) -> None:
    text = parts.config.read_text().replace('uri = "all.cnb"', 'uri = "all.cnb"\nid = "acme/a"')
    write(parts.config, text)
    assert 'builder.toml:3: this buildpackage has the id "acme/all", not "acme/a"' in said(parts)


@pytest.mark.parametrize(
    ("locator", "message"),
    [
        ("lifecycle.tgz", "this is not a .cnb file"),
        ("base/layout", "no buildpackage: it has no label io.buildpacks.buildpack.layers"),
        ("source", "this buildpack has no bin/detect"),
    ],
)
def test_what_is_no_buildpackage_is_named(parts: Parts, locator: str, message: str) -> None:
    write(parts.folder / "source/buildpack.toml", (parts.folder / "a/buildpack.toml").read_text())
    parts.configure(locator, order=order(["acme/a"]))
    assert message in said(parts)


def test_a_torn_package_leaves_nothing_that_looks_whole(parts: Parts) -> None:
    """The digest of a layer is checked while it is copied; the index, which comes last, is never written."""
    path = parts.folder / "all.cnb"
    data = bytearray(path.read_bytes())
    position = data.index(b"\x1f\x8b")
    data[position + 20] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ReleaseError, match="other content than its name says"):
        create(parts)
    assert not (parts.folder / "out/index.json").exists()


def test_a_base_for_several_platforms_needs_a_target(parts: Parts) -> None:
    """The right one of an index is taken; without [[targets]] nothing is guessed."""
    base(parts.folder / "arm", architecture="arm64")
    layouts = {"amd64": parts.folder / "base/layout", "arm64": parts.folder / "arm/layout"}
    both = parts.folder / "both"
    entries = []
    for arch, layout in layouts.items():
        shutil.copytree(layout / "blobs", both / "blobs", dirs_exist_ok=True)
        (entry,) = json.loads((layout / "index.json").read_bytes())["manifests"]
        entries.append({**entry, "platform": {"os": "linux", "architecture": arch}})
    write(both / "oci-layout", "{}")
    write(both / "index.json", json.dumps({"schemaVersion": 2, "manifests": entries}))
    parts.configure("all.cnb", order=order(["acme/all"]), base="oci:both")
    assert "Add [[targets]] with os and arch" in said(parts)
    target = '[[targets]]\nos = "linux"\narch = "ARCH"\n'
    for arch, message in [("amd64", ""), ("s390x", "has no image for linux/s390x")]:
        more = target.replace("ARCH", arch)
        parts.configure("all.cnb", order=order(["acme/all"]), base="oci:both", more=more)
        if message:
            shutil.rmtree(parts.folder / "out")
            assert message in said(parts)
        else:
            assert read_builder(created_in(parts))[0]["architecture"] == "amd64"


def test_a_wrong_destination_is_seen_before_anything_is_read(parts: Parts) -> None:
    parts.config.unlink()
    with pytest.raises(UsageError):
        create(parts, "acme/builder:1")
    file = write(parts.folder / "file")
    with pytest.raises(ConflictError, match="not a directory"):
        create(parts, file)
