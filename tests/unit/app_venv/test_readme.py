"""The documentation lists exactly what the code refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app_venv.installers.pip.options import DANGEROUS, SWITCHES, option_of
from app_venv.installers.poetry.options import REFUSED as POETRY
from app_venv.installers.uv.options import REFUSED as UV

if TYPE_CHECKING:
    from collections.abc import Mapping

README = Path(__file__).resolve().parents[3] / "buildpacks/app-venv/README.md"


def test_the_refused_variables_are_documented() -> None:
    text = README.read_text("utf-8")
    paragraph = next(part for part in text.split("\n\n") if part.startswith("`PIP_ABI`"))
    assert re.findall(r"`(\w+)`", paragraph) == sorted(DANGEROUS)


@pytest.mark.parametrize(
    ("prefix", "beginning", "refused"),
    [("UV_", "With uv, those of pip", UV), ("POETRY_", "With Poetry,", POETRY)],
)
def test_the_variables_of_other_tools_that_are_refused_are_documented(
    prefix: str, beginning: str, refused: Mapping[str, str]
) -> None:
    text = README.read_text("utf-8")
    paragraph = next(part for part in text.split("\n\n") if part.startswith(beginning))
    expected = sorted(name for name in refused if name.startswith(prefix))
    assert re.findall(rf"`({prefix}\w+)`", paragraph) == expected


def test_detection_refuses_what_is_refused_whatever_its_value_is() -> None:
    """So that nothing is made for an app that cannot be built. Switches may say no: build reads them."""
    markers = (README.parent / "detect/05-refused/markers").read_text("utf-8").split()
    assert markers == [f"${name}" for name in sorted(DANGEROUS) if option_of(name) not in SWITCHES]
