"""Feeding what reads other people's bytes with bytes that nobody would write.

A target (`targets/`) is one such reader with its seeds; `mutation` makes cases of these, `harness` runs them
and looks at what must hold for every one. `python -m fuzz` is the command, `./scripts/nox -s fuzz` runs it.
"""
