"""What an index answered when pip only says that there is nothing: refusals are below its usual messages."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api.commands import run_unseen
from buildpack_common.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NOTHING = "(from versions: none)"
_ANSWER = re.compile(r"Could not fetch URL (?P<url>\S+): (?P<reason>.+?)(?: - skipping)?$", re.MULTILINE)
_NOT_FOUND = "404 "
_MOST = 5


def refusals(output: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> tuple[str, ...]:
    """Return why pages of an index could not be read, if pip found no version of something.

    That a project is not on an index (404) is no refusal. ``command`` is run again for it, without
    installing, with a log that only this function reads.
    """
    if _NOTHING not in output:
        return ()
    with tempfile.TemporaryDirectory(prefix="strata-pip-") as scratch:
        log = Path(scratch, "pip.log")
        run_unseen([*command, "--dry-run", f"--log={log}"], env=env, cwd=cwd)
        text = log.read_text("utf-8", "replace") if log.is_file() else ""
    reasons = (match["reason"] for match in _ANSWER.finditer(text))
    distinct = dict.fromkeys(redact(reason) for reason in reasons if not reason.startswith(_NOT_FOUND))
    return tuple(distinct)[:_MOST]
