"""Completion in shells: the scripts that ask, and the answers to what has been typed so far.

A script calls the very command that is being typed (`./scripts/inv` or `inv`), with `--complete -- WORD ...`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError
from buildpack_release.tasks.command import ID
from buildpack_release.tasks.command_line import flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildpack_release.tasks.command_line import Vocabulary

_BASH = """\
_complete_inv() {
    local candidates word=${COMP_WORDS[COMP_CWORD]}
    candidates=$("${COMP_WORDS[0]}" --complete -- "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
    COMPREPLY=($(compgen -W "$candidates" -- "$word"))
}
complete -o default -F _complete_inv inv invoke
"""

_ZSH = """\
_complete_inv() {
    local -a candidates
    candidates=("${(@f)$("${(Q)words[1]}" --complete -- "${(@Q)words[1,CURRENT]}" 2>/dev/null)}")
    compadd -- $candidates || _files
}
compdef _complete_inv inv invoke
"""

_FISH = """\
function __complete_inv
    set --local typed (commandline -opc)
    $typed[1] --complete -- $typed (commandline -ct) 2>/dev/null
end
complete --command inv --arguments '(__complete_inv)'
complete --command invoke --arguments '(__complete_inv)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def completion_script(shell: str) -> str:
    """Return what a shell has to read once. Raises UsageError for a shell that is not known."""
    if shell not in _SCRIPTS:
        raise UsageError(f'there is no completion for "{shell}"', advice=f"One of: {', '.join(_SCRIPTS)}.")
    return _SCRIPTS[shell]


def candidates(words: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """Return what may stand in place of the last word; the first is the program. Nothing: a path."""
    *before, last = words[1:] or [""]
    task = next((word for word in reversed(before) if word in vocabulary.contexts), "")
    context = vocabulary.contexts[task] if task else vocabulary.program
    name, equals, _ = last.partition("=")
    if equals and (option := flag(context, name)) is not None:
        return [f"{name}={one}" for one in sorted(vocabulary.ids(task))] if option.name == ID else []
    waiting = flag(context, before[-1]) if before else None
    if waiting is not None and waiting.takes_value and not waiting.optional:
        return sorted(vocabulary.ids(task)) if waiting.name == ID else []
    if last.startswith("-"):
        return sorted([*context.flags, *context.inverse_flags, *(["--help"] if task else [])])
    takes_ids = any(argument.name == ID for argument in context.positional_args)
    return [*vocabulary.contexts, *(sorted(vocabulary.ids(task)) if takes_ids else ())]
