"""The command: ./scripts/nox -s fuzz -- [TARGET ...] [--cases N] [--first NUMBER] [--list].

A violation names its target and case; --first with that number and --cases 1 runs it again, and --show
prints the bytes.
"""

from __future__ import annotations

import argparse
import sys

from fuzz.harness import Outcome, run
from fuzz.mutation import make_case
from fuzz.targets import TARGETS


def main() -> int:
    """Run targets one after the other, and return 1 if something does not hold."""
    parser = argparse.ArgumentParser(prog="fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all, if there is none")
    parser.add_argument("--cases", type=int, default=1000, metavar="N", help="how many of each")
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER", help="the first case")
    parser.add_argument("--list", action="store_true", help="list the targets")
    parser.add_argument("--show", action="store_true", help="print the first case instead of running it")
    given = parser.parse_args()
    unknown = [one for one in given.targets if one not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]}; there are: {', '.join(TARGETS)}")
    names = given.targets or list(TARGETS)
    if given.list:
        print("\n".join(names))  # noqa: T201
        return 0
    if given.show:
        target = TARGETS[names[0]]()
        for name, content in make_case(target.name, given.first, target.seeds, target.tokens).items():
            print(f"--- {name}\n{content!r}")  # noqa: T201
        return 0
    sys.dont_write_bytecode = True  # what a case imports first would be a write outside of its folder
    outcomes = []
    for name in names:
        outcomes.append(run(TARGETS[name](), given.cases, first=given.first))
        print(_line(outcomes[-1]), flush=True)  # noqa: T201
    return int(any(one.violations for one in outcomes))


def _line(outcome: Outcome) -> str:
    text = (
        f"{outcome.target}: {outcome.cases} cases, {outcome.refused} refused, {outcome.seconds:.0f} s, "
        f"memory +{outcome.growth >> 20} MiB, {len(outcome.violations)} violations"
    )
    return "\n".join([text, *(f"  case {one.number}: {one.what}" for one in outcome.violations)])


if __name__ == "__main__":
    sys.exit(main())
