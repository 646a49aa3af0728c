"""A licence is an SPDX expression only where the metadata leave no doubt; else their own words."""

from __future__ import annotations

import pytest

from app_venv.after.licences import licence_of
from app_venv.environment.installed import Distribution

MIT = "License :: OSI Approved :: MIT License"
APACHE = "License :: OSI Approved :: Apache Software License"
BSD = "License :: OSI Approved :: BSD License"


@pytest.mark.parametrize(
    ("expression", "licence", "classifiers", "found"),
    [
        ("MIT", "", (), ("MIT", "")),
        ("mit or apache-2.0", "", (), ("MIT OR Apache-2.0", "")),
        ("LicenseRef-Own AND MIT", "", (), ("LicenseRef-Own AND MIT", "")),
        ("", "BSD-3-Clause", (BSD,), ("BSD-3-Clause", "")),
        ("", "BSD", (BSD,), ("", "BSD License")),
        ("", "MIT License\n\nPermission is hereby granted ...", (MIT,), ("MIT", "")),
        (
            "",
            "Apache License 2.0",
            (APACHE,),
            ("Apache-2.0", ""),
        ),
        ("", "", (MIT, BSD), ("", "MIT License, BSD License")),
        ("", "", ("License :: OSI Approved", MIT), ("MIT", "")),
        ("", "", ("License :: Other/Proprietary License",), ("", "Other/Proprietary License")),
        ("", "", ("Topic :: Software Development",), ("", "")),
        ("", "x" * 300, (), ("", "x" * 100 + "...")),
        ("no such licence", "", (MIT,), ("MIT", "")),
    ],
)
def test_licences(
    expression: str, licence: str, classifiers: tuple[str, ...], found: tuple[str, str]
) -> None:
    fields = {"license-expression": (expression,), "license": (licence,), "classifier": classifiers}
    assert licence_of(Distribution("x", "1", 0, fields=fields)) == found
