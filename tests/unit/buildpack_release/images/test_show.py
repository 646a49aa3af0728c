"""What is said of images: in which state their Python is, what is in them, which layers they share."""

from __future__ import annotations

import datetime as dt
import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, ReleaseError, UsageError
from buildpack_release.images.app_image import PATCH_LABEL
from buildpack_release.images.image_picture import check_picture, draw_layers, write_picture
from buildpack_release.images.image_references import find_places, read_list
from buildpack_release.images.image_report import fleet_data, fleet_text, summary
from buildpack_release.images.show import Inspection
from buildpack_release.runtimes.archive_catalogue import ArchiveCatalogue
from oci_registry.content import INDEX, Manifest
from oci_registry.layout import LayoutStore
from oci_registry.store import Content
from oci_registry.testing.loopback import Received, Response
from oci_registry.testing.samples import image, index
from support.app_images import RUNTIME, AppShape, bom, layer_tar
from support.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.images.show import Fleet
    from oci_registry.remote.registries import Registries
    from oci_registry.testing.memory import MemoryRegistry

TODAY = dt.date(2026, 11, 30)
CATALOGUE = """
schema = 1
default = "3.13"
bases = []
[lines]
"3.9" = { end-of-life = 2025-10-31 }
"3.13" = { end-of-life = 2029-10-31 }
"""


@pytest.fixture
def inspection(tmp_path: Path) -> Inspection:
    file = tmp_path / "runtimes.toml"
    rows = [(f"3.13.{patch}", arch) for patch, arch in ((0, "amd64"), (1, "amd64"), (2, "arm64"))]
    text = CATALOGUE + "".join(
        f'[[runtime]]\nversion = "{version}"\narch = "{arch}"\ntag = "20250101"\npath = "a"\n'
        f'sha256 = "{"0" * 64}"\n'
        for version, arch in [*rows, ("3.9.20", "amd64")]
    )
    file.write_text(text, "utf-8")
    return Inspection(RUNTIME, ArchiveCatalogue.read(file), TODAY)


def push(
    registry: MemoryRegistry, registries: Registries, name: str, content: Content, tag: str = "1"
) -> str:
    registries.client(registry.host).repository(name).push(content, [tag])
    return f"{registry.host}/{name}:{tag}"


def look(inspection: Inspection, registries: Registries, *texts: str, packages: bool = False) -> Fleet:
    return inspection.look(find_places(texts, registries), with_packages=packages)


def test_the_state_of_python(
    inspection: Inspection, registry: MemoryRegistry, registries: Registries
) -> None:
    """Against the newest patch for the image's own architecture, and the day on which its line ends."""
    shapes = {
        "old": AppShape(version="3.13.0"),
        "new": AppShape(version="3.13.1"),
        "arm": AppShape(version="3.13.1", python={"arch": "arm64"}, architecture="arm64"),
        "ended": AppShape(version="3.9.20"),
        "unknown": AppShape(version="3.12.0"),
        "odd": AppShape(python={"version": "3.13"}),
        "other": None,
    }
    for name, shape in shapes.items():
        push(registry, registries, f"shop/{name}", shape.content() if shape else image(b"layer"))
    fleet = look(inspection, registries, f"{registry.host}/shop/*")
    states = {one.name.split("/")[-1]: one.python.state.value if one.python else None for one in fleet.images}
    assert states == {
        "arm:1": "outdated",
        "ended:1": "end of life",
        "new:1": "current",
        "odd:1": None,
        "old:1": "outdated",
        "other:1": None,
        "unknown:1": "not in the catalogue",
    }
    last = fleet_text(fleet).splitlines()[-1]
    assert last == (
        "3 of 7 images run an outdated or end-of-life Python: 2 outdated, 1 end of life;"
        " 2 without a Python of ours; 1 with one that is not in the catalogue"
    )


def test_what_was_patched_is_listed(
    inspection: Inspection, registry: MemoryRegistry, registries: Registries
) -> None:
    """Its Python is not that of its build: the next one may take it back."""
    origin = json.dumps({"from": f"sha256:{'0' * 64}", "python": "3.13.0", "layer": "x"})
    push(registry, registries, "shop/a", AppShape(version="3.13.1", labels={PATCH_LABEL: origin}).content())
    push(registry, registries, "shop/b", AppShape(version="3.13.1").content())
    text = fleet_text(look(inspection, registries, f"{registry.host}/shop/*"))
    assert text.count("current, patched from 3.13.0") == 1
    assert "1 patched, which a builder without that patch takes back" in text.splitlines()[-1]


def test_a_single_image_is_shown_whole(
    inspection: Inspection, registry: MemoryRegistry, registries: Registries
) -> None:
    """Its packages come from its bills of materials."""
    name = push(registry, registries, "shop/web", AppShape().content())
    fleet = look(inspection, registries, name, packages=True)
    text = fleet_text(fleet)
    assert "3.13.0 (outdated, the newest patch is 3.13.1, end of life 2029-10-31)" in text
    assert "2 distributions of requirements.txt, installed with pip (strata/pip-tool 0.1.0)" in text
    assert "web (default): gunicorn app:app" in text
    data = fleet_data(fleet)["images"][0]
    assert [(one["name"], one["version"]) for one in data["packages"]] == [
        ("flask", "3.1.3"),
        ("python", "3.13.0"),
    ]
    assert json.loads(json.dumps(data)) == data


def test_packages_are_found_wherever_the_build_had_its_layers(
    inspection: Inspection, registry: MemoryRegistry, registries: Registries
) -> None:
    """Platforms choose the layers directory, and the documents lie in it."""
    file = "/srv/layers/sbom/launch/strata_app-venv/venv/sbom.cdx.json"
    shape = AppShape(archives={"sbom": layer_tar({file: bom(("flask", "3.1.3"))}, owner=(1000, 1000))})
    fleet = look(inspection, registries, push(registry, registries, "a", shape.content()), packages=True)
    (found,) = fleet.images[0].packages or ()
    assert (found.name, found.version, found.where) == ("flask", "3.1.3", "strata_app-venv/venv")


def test_all_platforms_of_an_index_are_shown(
    inspection: Inspection, registry: MemoryRegistry, registries: Registries
) -> None:
    """And nothing of what is listed beside them for no platform, such as buildx's attestations."""
    parts = [
        ("amd64", AppShape().content()),
        ("arm64", AppShape(architecture="arm64", python={"arch": "arm64"}).content()),
        ("unknown", image(b"attestation", architecture="unknown", os="unknown")),
    ]
    name = push(registry, registries, "shop/both", index(parts))
    fleet = look(inspection, registries, name)
    assert [one.platform for one in fleet.images] == ["linux/amd64", "linux/arm64"]


def test_images_of_an_index_in_an_index_are_shown(
    inspection: Inspection, registries: Registries, registry: MemoryRegistry
) -> None:
    """Nothing that was named is left out of the table."""
    inner = index([("amd64", AppShape().content())])
    root = Manifest.from_json(
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [inner.root.descriptor().to_json()]}
    )
    name = push(registry, registries, "shop/web", Content(inner.blobs, (*inner.manifests, root)))
    (found,) = look(inspection, registries, name).images
    assert found.python is not None


def test_what_is_no_image_is_shown_as_such(
    inspection: Inspection, registries: Registries, registry: MemoryRegistry
) -> None:
    """A namespace may hold charts and the like."""
    name = push(registry, registries, "shop/chart", image())
    fleet = look(inspection, registries, name)
    assert [one.is_built for one in fleet.images] == [False]
    assert "1 without a Python of ours" in summary(fleet)


def test_one_that_cannot_be_read_does_not_hide_the_others(
    inspection: Inspection, registry: MemoryRegistry, registries: Registries
) -> None:
    """It is in the table, and in the last line."""
    name = push(registry, registries, "shop/web", AppShape().content())
    fleet = look(inspection, registries, name, f"{registry.host}/shop/none:1")
    assert len(fleet.images) == len(fleet.unread) == 1
    assert "1 could not be read" in fleet_text(fleet)


def test_a_repository_that_is_not_ours_to_read_hides_no_others(
    inspection: Inspection, registry: MemoryRegistry, registries: Registries
) -> None:
    """Registries list repositories to whom they do not show what is in them."""
    push(registry, registries, "shop/web", AppShape().content())
    push(registry, registries, "shop/secret", AppShape().content())

    def guard(request: Received) -> Response:
        denied = Response.error(403, "DENIED")
        return denied if request.path.startswith("/v2/shop/secret/") else registry.answer(request)

    with ScriptedServer(guard) as server:
        fleet = look(inspection, registries, f"{server.host}/shop/*")
    assert [one.name for one in fleet.images] == [f"{server.host}/shop/web:1"]
    assert [one.name for one in fleet.unread] == [f"{server.host}/shop/secret:*"]


def test_a_damaged_bill_of_materials_is_one_error(
    inspection: Inspection, registry: MemoryRegistry, registries: Registries
) -> None:
    """The layer says that it is a bill of materials, and is no archive."""
    name = push(registry, registries, "a", AppShape(archives={"sbom": b"no archive"}).content())
    fleet = look(inspection, registries, name, packages=True)
    assert isinstance(fleet.unread[0].fault, CheckFailed)
    assert "cannot be read" in fleet.unread[0].fault.title


def test_layers_as_released_are_told_from_others(
    inspection: Inspection, registry: MemoryRegistry, registries: Registries
) -> None:
    """Bit for bit, by diff ID; of the app's own nothing is said."""
    good = push(registry, registries, "good", AppShape(app="other").content())
    changed = AppShape(python_files={"/layers/strata_python-runtime/python/evil": b"x"})
    bad = push(registry, registries, "bad", changed.content())
    fleet = inspection.look(find_places([bad], registries), released=list(find_places([good], registries)))
    (shown,) = fleet.images
    assert {one.title: fleet.is_released(one) for one in shown.layers} == {
        "run image, layer 1": None,
        "strata/python-runtime:python": False,
        "strata/app-venv:venv": True,
        "bill of materials": None,
        "app": None,
        "launcher": None,
    }
    assert "not as released" in fleet_text(fleet)


def test_images_of_a_layout(inspection: Inspection, registries: Registries, tmp_path: Path) -> None:
    """In a folder with a blank in its name; indexes of referrers are none."""
    layout = LayoutStore(tmp_path / "a layout")
    content = AppShape().content()
    layout.push(content, mounts={}, progress=lambda *_: None)
    layout.tag(content.root, "1")
    layout.tag(content.root, f"sha256-{'0' * 64}")
    fleet = look(inspection, registries, f"oci:{tmp_path / 'a layout'}")
    assert [one.name for one in fleet.images] == [f"oci:{tmp_path / 'a layout'}:1"]


@pytest.mark.parametrize("text", ["web", "@/nowhere", "oci:/nowhere", "bad host/*", "localhost/A:*", ""])
def test_what_names_no_image_is_refused(registries: Registries, text: str) -> None:
    """Before anything is asked."""
    with pytest.raises((ReleaseError, OSError)):
        list(find_places([text], registries))


def test_each_image_counts_once(registry: MemoryRegistry, registries: Registries) -> None:
    """However often it is named; without a tag it is `latest`."""
    name = push(registry, registries, "shop/web", AppShape().content(), "latest")
    named = [
        one.name for one in find_places([name, f"{registry.host}/shop/web", f"{name[:-7]}:*"], registries)
    ]
    assert named == [name]


def test_a_list_of_references(registries: Registries, tmp_path: Path) -> None:
    """One a line; blank lines and comments are left out; nothing in it is an error."""
    file = tmp_path / "fleet.txt"
    file.write_text("# ours\n\n localhost/a:1 \nlocalhost/b:1\n", "utf-8")
    assert read_list(file) == ("localhost/a:1", "localhost/b:1")
    assert [one.name for one in find_places([f"@{file}"], registries)] == ["localhost/a:1", "localhost/b:1"]
    file.write_text(f"@{file}\n", "utf-8")
    with pytest.raises(UsageError):
        list(find_places([f"@{file}"], registries))
    for content in (b"\n# nothing\n", b"\xff"):
        file.write_bytes(content)
        with pytest.raises(CheckFailed):
            read_list(file)


def test_the_picture_has_every_layer_once(
    inspection: Inspection, registry: MemoryRegistry, registries: Registries, tmp_path: Path
) -> None:
    """With the number of images that share it, and nothing in it but text, whoever wrote the titles."""
    evil = {"key": "<script>&", "version": "1", "layers": {}}
    for name in ("a", "b"):
        push(registry, registries, name, AppShape(app=name, more_buildpacks=(evil,)).content())
    fleet = look(inspection, registries, f"{registry.host}/*")
    texts = [element.text or "" for element in ET.fromstring(draw_layers(fleet)).iter()]  # noqa: S314  ours
    assert sum("2 images: strata/python-runtime:python" in text for text in texts) == 1
    assert sum("1 image: app" in text for text in texts) == 2
    for name in ("p.svg", "p.html"):
        write_picture(fleet, tmp_path / name)
        assert "<svg" in (tmp_path / name).read_text("utf-8")
    check_picture(str(tmp_path / "p.htm"))
    with pytest.raises(UsageError, match=r"a picture is written as \.svg or \.html: p\.png"):
        check_picture("p.png")
    with pytest.raises(UsageError, match=r"there is no folder .* for the picture"):
        check_picture(str(tmp_path / "missing/p.svg"))
