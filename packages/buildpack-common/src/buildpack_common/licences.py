"""The licence of a distribution, as far as its metadata say it in a way that machines understand.

Reading one takes `packaging`, which is imported only then: who describes distributions vendors it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 100
_NONE = frozenset({"none", "unknown"})  # what some tools write where nobody said anything
_PREFIX = "License :: "
_OSI = "OSI Approved :: "
# Only those classifiers that name exactly one licence of the SPDX list: "BSD License" and
# "Apache Software License" are several.
_CLASSIFIERS = {
    "Blue Oak Model License (BlueOak-1.0.0)": "BlueOak-1.0.0",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "zlib/libpng License": "Zlib",
}
_WORDS = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "isc license": "ISC",
    "mit license": "MIT",
    "mpl 2.0": "MPL-2.0",
    "the mit license": "MIT",
}


@dataclass(frozen=True)
class Licence:
    """A licence as the metadata of a distribution tell it: an SPDX expression, or else only words."""

    expression: str = ""
    words: str = ""


def licence_of(expression: str, written: str, classifiers: Iterable[str]) -> Licence:
    """Return the licence that core metadata tell.

    In this order: ``License-Expression`` (PEP 639), ``License`` if it names exactly one of the SPDX list, a
    classifier if there is one alone. An expression is in its canonical form.
    """
    written = "" if written.strip().lower() in _NONE else written.strip()
    names = _names(classifiers)
    candidates = [expression.strip(), _WORDS.get(written.lower(), written)]
    candidates += [_CLASSIFIERS.get(names[0], "")] if len(names) == 1 else []
    for text in candidates:
        found = _canonical(text)
        if found:
            return Licence(found)
    words = expression.strip() or ", ".join(names) or written.partition("\n")[0]
    return Licence(words=words if len(words) <= _LONGEST else f"{words[:_LONGEST]}...")


def _names(classifiers: Iterable[str]) -> list[str]:
    found = [one.removeprefix(_PREFIX).removeprefix(_OSI) for one in classifiers if one.startswith(_PREFIX)]
    return [one for one in found if one != "OSI Approved"]


def _canonical(text: str) -> str:
    if not text or len(text) > _LONGEST:
        return ""
    from packaging.licenses import (  # only for the bill of materials
        InvalidLicenseExpression,
        canonicalize_license_expression,
    )

    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return ""
