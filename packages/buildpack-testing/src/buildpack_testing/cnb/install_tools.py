"""Install the CNB lifecycle and pack, which the end-to-end tests run, into the project's cache.

Prints where they are, one name=path a line. Run it again at any time: what is there is kept, and a run that
was interrupted goes on. Exit codes: 0 done, 1 failed, 2 wrong usage, 7 a tool is missing (with --check: not
installed), 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import ExitCode, ReleaseError, exit_code_of
from buildpack_testing.cnb import tools

if TYPE_CHECKING:
    from collections.abc import Sequence


def _parser() -> argparse.ArgumentParser:
    summary, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="install-cnb-tools",
        description=summary,
        epilog=f"{rest.strip()}\n\n{tools.__doc__}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="use this cache directory of the project")
    parser.add_argument("--only", choices=("lifecycle", "pack"), help="leave the other one alone")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="install nothing; fail if something is missing")
    what.add_argument("--print-dir", action="store_true", help="print the directory of the tools and stop")
    return parser


def _say(text: str) -> None:
    sys.stderr.write(f"install-cnb-tools: {text}\n")


def _lifecycle(cache: Path | None, *, check: bool) -> bool:
    found = tools.find_lifecycle(cache) if check else tools.ensure_lifecycle(cache)
    if found is None:
        _say("lifecycle: not installed")
        return False
    _say(f"lifecycle {found.version}: {found.origin}")
    sys.stdout.write(f"lifecycle={found.directory}\nlifecycle-archive={found.archive}\n")
    return True


def _pack(cache: Path | None, *, check: bool) -> bool:
    found = tools.find_pack(cache) if check else tools.ensure_pack(cache)
    if found is None:
        _say("pack: not installed")
        return False
    _say(f"pack {found.version}: {found.origin}")
    sys.stdout.write(f"pack={found.executable}\n")
    return True


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit code."""
    options = _parser().parse_args(arguments)
    cache = options.cache.absolute() if options.cache else None
    if options.print_dir:
        sys.stdout.write(f"{tools.tools_directory(cache)}\n")
        return ExitCode.OK
    installs = {"lifecycle": _lifecycle, "pack": _pack}
    wanted = [install for name, install in installs.items() if options.only in {None, name}]
    try:
        done = [install(cache, check=options.check) for install in wanted]
    except ReleaseError as error:
        _say(str(error))
        return exit_code_of(error)
    except OSError as error:
        _say(f"cannot use the cache: {error}")
        return ExitCode.FAILED
    except KeyboardInterrupt:
        _say("interrupted; run it again to go on")
        return ExitCode.INTERRUPTED
    return ExitCode.OK if all(done) else ExitCode.MISSING_TOOL
