from __future__ import annotations

from hypothesis import settings

# How fast the machine is must not decide whether a property holds.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
