"""The documentation lists exactly what the code refuses."""

from __future__ import annotations

import re
from pathlib import Path

from app_venv.installers.pip.options import DANGEROUS

README = Path(__file__).resolve().parents[3] / "buildpacks/app-venv/README.md"


def test_the_refused_variables_are_documented() -> None:
    text = README.read_text("utf-8")
    paragraph = next(part for part in text.split("\n\n") if part.startswith("`PIP_ABI`"))
    assert re.findall(r"`(\w+)`", paragraph) == sorted(DANGEROUS)
