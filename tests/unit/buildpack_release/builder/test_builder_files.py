from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildpack_common.parsing import parse_toml
from buildpack_release.builder.builder_files import order_toml, run_toml, stack_toml, system_toml, toml_string
from buildpack_release.builder.builder_toml import RunImage
from buildpack_release.model.buildpack_descriptor import OrderEntry

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ENTRIES = st.builds(OrderEntry, TEXT, TEXT, st.booleans())
GROUPS = st.lists(ENTRIES, min_size=1, max_size=3).map(tuple)
IMAGES = st.builds(RunImage, TEXT, st.lists(TEXT, max_size=2).map(tuple))


def as_data(entry: OrderEntry) -> dict[str, object]:
    optional = {"optional": True} if entry.optional else {}
    return {"id": entry.id, "version": entry.version, **optional}


@given(TEXT)
def test_every_string_comes_back(text: str) -> None:
    """Quotes, control characters, anything outside ASCII."""
    assert parse_toml(f"x = {toml_string(text)}") == {"x": text}


@given(st.lists(GROUPS, max_size=3).map(tuple))
def test_every_order_comes_back(order: tuple[tuple[OrderEntry, ...], ...]) -> None:
    groups = [{"group": [as_data(entry) for entry in group]} for group in order]
    assert parse_toml(order_toml(order)).get("order", []) == groups


@given(GROUPS, GROUPS)
def test_system_buildpacks_come_back(pre: tuple[OrderEntry, ...], post: tuple[OrderEntry, ...]) -> None:
    expected = {
        kind: {"buildpacks": [as_data(one) for one in group]}
        for kind, group in (("pre", pre), ("post", post))
    }
    assert parse_toml(system_toml(pre, post)) == {"system": expected}


@given(st.lists(IMAGES, min_size=1, max_size=3))
def test_run_images_come_back(images: list[RunImage]) -> None:
    expected = [{"image": image.image, "mirrors": list(image.mirrors)} for image in images]
    assert parse_toml(run_toml(images)) == {"images": expected}
    assert parse_toml(stack_toml(images[0])) == {"run-image": expected[0]}
