"""In what two image trees differ.

What their layers were compressed with does not count, and neither do annotations: configurations name layers
by the digests of the archives in them (diff IDs).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.packaging.buildpackage import LAYERS_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oci_registry.reading import ImageTree, ReadImage

_COMPARED = ("rootfs", "config")


def differences(published: ImageTree, ours: ImageTree) -> tuple[str, ...]:
    """Return in what they differ, one difference a line; nothing if the content is equal."""
    there, here = published.platforms, ours.platforms
    found = [f"{_shown(name)}: only published" for name in there if name not in here]
    found += [f"{_shown(name)}: only here" for name in here if name not in there]
    platforms_of: dict[str, list[str]] = {}
    for name, image in here.items():
        if name in there and (not image.config or there[name].config != image.config):
            for text in tuple(_image_differences(there[name], image)) or ("the configuration differs",):
                platforms_of.setdefault(text, []).append(_shown(name))
    return (*found, *(f"{', '.join(names)}: {text}" for text, names in platforms_of.items()))


def _shown(platform: str) -> str:
    return platform or "no platform"


def _image_differences(published: ReadImage, ours: ReadImage) -> Iterator[str]:
    there = dict(zip(published.layer_names, published.diff_ids, strict=True))
    here = dict(zip(ours.layer_names, ours.diff_ids, strict=True))
    for name in dict.fromkeys((*there, *here)):
        if there.get(name) != here.get(name):
            yield f"layer {name}: published {there.get(name, 'none')}, here {here.get(name, 'none')}"
    if there == here and published.diff_ids != ours.diff_ids:
        yield "the layers have another order"
    for label in dict.fromkeys((*published.labels, *ours.labels)):
        known = label == LAYERS_LABEL and published.diff_ids != ours.diff_ids  # it names them
        if not known and published.labels.get(label) != ours.labels.get(label):
            yield f"label {label} differs"
    for key in dict.fromkeys((*published.config, *ours.config)):
        if key not in _COMPARED and published.config.get(key) != ours.config.get(key):
            yield f'"{key}" of the configuration differs'
