"""The layer key: all inputs of a layer, kept as its metadata, compared on the next build.

Beside them it may keep what came out of making the layer, so that a build that reuses it need not look.
"""

from __future__ import annotations

import re
from dataclasses import Field, dataclass, field, fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

_OUTCOME = "outcome"
_HEX_DIGEST = r"(?:sha\d+:)?[0-9a-f]{40,128}"
_SHOWN = 60


def outcome() -> tuple[str, ...]:
    """Declare a field of a key for texts that came out of making the layer: kept, but never compared.

    They are empty until the layer is made, and whenever the metadata have nothing that is a list of texts.
    """
    return field(default=(), metadata={_OUTCOME: True})


@dataclass(frozen=True)
class LayerKey:
    """Base of frozen dataclasses whose fields are *all* inputs of a layer, and outcomes (`outcome`).

    Inputs are str, int, bool or tuple[str, ...]; ``field(metadata={"label": "Python"})`` names one in
    reasons. The key becomes the layer's ``[metadata]``, which is public (a label of the image): no secrets.
    """

    def to_metadata(self) -> dict[str, str | int | bool | list[str]]:
        """Return the fields as TOML values. Raises TypeError for a field of another type."""
        return {field.name: _toml_value(self, field) for field in fields(self)}

    def reasons_against(self, restored: Mapping[str, object]) -> tuple[str, ...]:
        """Return why contents with the ``restored`` metadata are not those of this key; empty if they are."""
        inputs = [field for field in fields(self) if not field.metadata.get(_OUTCOME)]
        current = {field.name: _toml_value(self, field) for field in inputs}
        if restored.keys() - {field.name for field in fields(self)} or current.keys() - restored.keys():
            return ("its metadata is that of another version of this buildpack",)
        if any(not _same_type(restored[name], value) for name, value in current.items()):
            return ("its metadata is malformed",)
        return tuple(
            f"{_label(field)}: {_change(restored[field.name], current[field.name])}"
            for field in inputs
            if restored[field.name] != current[field.name]
        )

    def with_outcomes_of(self, restored: Mapping[str, object]) -> Self:
        """Return this key with what came out when the layer with the ``restored`` metadata was made."""
        names = [field.name for field in fields(self) if field.metadata.get(_OUTCOME)]
        return replace(self, **{name: _texts(restored.get(name)) for name in names})


def _toml_value(key: LayerKey, field: Field[object]) -> str | int | bool | list[str]:
    value = getattr(key, field.name)
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return list(value)
    if isinstance(value, (str, int)):
        return value
    raise TypeError(f"{type(key).__name__}.{field.name}: a layer key cannot hold {value!r}")


def _texts(value: object) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else []
    return tuple(texts) if all(isinstance(text, str) for text in texts) else ()


def _same_type(restored: object, current: object) -> bool:
    if type(restored) is float and type(current) is int:
        return True  # the lifecycle keeps metadata as JSON and gives whole numbers back as 1.0
    if type(restored) is not type(current):
        return False
    return not isinstance(restored, list) or all(isinstance(item, str) for item in restored)


def _label(field: Field[object]) -> str:
    return str(field.metadata.get("label") or field.name.replace("_", " "))


def _change(old: object, new: object) -> str:
    if isinstance(old, list) and isinstance(new, list):
        return _list_change(old, new)
    shown = _shown(old), _shown(new)
    return "changed" if shown[0] == shown[1] else f"{shown[0]} -> {shown[1]}"


def _list_change(old: list[str], new: list[str]) -> str:
    added = [f"+{_shown(item)}" for item in new if item not in old]
    removed = [f"-{_shown(item)}" for item in old if item not in new]
    return ", ".join(added + removed) or "in another order"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if re.fullmatch(_HEX_DIGEST, text):
        return f"{text.rpartition(':')[2][:12]}..."
    if len(text) > _SHOWN:
        return f"{text[:_SHOWN]}..."
    return text or "(none)"
