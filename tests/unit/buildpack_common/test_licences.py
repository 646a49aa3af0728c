"""A licence is an SPDX expression only where the metadata leave no doubt; else their own words."""

from __future__ import annotations

import pytest

from buildpack_common.licences import Licence, licence_of

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
        ("no such licence", "", (), ("", "no such licence")),
        ("MIT OR Apache-2.0", "other", (), ("MIT OR Apache-2.0", "")),
        ("", "MPL-2.0", (), ("MPL-2.0", "")),
        ("", "bsd-3-clause", (), ("BSD-3-Clause", "")),
        ("", "UNKNOWN", (MIT,), ("MIT", "")),
        ("", "UNKNOWN", (), ("", "")),
        ("", "All of\n  the text", (), ("", "All of")),
        ("", "", (), ("", "")),
    ],
)
def test_licences(
    expression: str, licence: str, classifiers: tuple[str, ...], found: tuple[str, str]
) -> None:
    assert licence_of(expression, licence, classifiers) == Licence(*found)
