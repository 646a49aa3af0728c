"""What the user allows to be installed, as options for pip; the installation is tested with the real pip."""

from __future__ import annotations

import pytest

from app_venv.installers.pip.install import policy_options
from app_venv.settings import Settings


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        (Settings(), ()),
        (Settings(require_hashes=True), ("--require-hashes",)),
        (Settings(only_binary=("left", "right")), ("--only-binary=left,right",)),
        (Settings(only_binary=(":all:",)), ("--only-binary=:all:",)),
    ],
)
def test_the_policy_is_options_of_pip(settings: Settings, options: tuple[str, ...]) -> None:
    assert policy_options(settings) == options
