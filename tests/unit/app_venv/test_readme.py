"""The documentation lists exactly what the code refuses."""

from __future__ import annotations

import re
from pathlib import Path

from app_venv.installers.pip.options import DANGEROUS, SWITCHES, option_of
from app_venv.installers.uv.options import REFUSED as UV

README = Path(__file__).resolve().parents[3] / "buildpacks/app-venv/README.md"


def test_the_refused_variables_are_documented() -> None:
    text = README.read_text("utf-8")
    paragraph = next(part for part in text.split("\n\n") if part.startswith("`PIP_ABI`"))
    assert re.findall(r"`(\w+)`", paragraph) == sorted(DANGEROUS)


def test_the_variables_of_uv_that_are_refused_are_documented() -> None:
    text = README.read_text("utf-8")
    paragraph = next(part for part in text.split("\n\n") if part.startswith("With uv, those of pip"))
    assert re.findall(r"`(UV_\w+)`", paragraph) == sorted(name for name in UV if name.startswith("UV_"))


def test_detection_refuses_what_is_refused_whatever_its_value_is() -> None:
    """So that nothing is made for an app that cannot be built. Switches may say no: build reads them."""
    markers = (README.parent / "detect/05-refused/markers").read_text("utf-8").split()
    assert markers == [f"${name}" for name in sorted(DANGEROUS) if option_of(name) not in SWITCHES]
