#!/bin/sh
# pip 26.3: with --no-input, GIT_SSH_COMMAND of the user is not used.
#
# A pip that may not ask sets GIT_SSH_COMMAND itself, to "ssh -oBatchMode=yes", for the git that it starts (it wants
# ssh to fail rather than to ask for a passphrase). A key or a file of known hosts that the variable named is silently
# not used, and git says that the host key cannot be verified, or that access is denied. core.sshCommand of a git
# configuration does not help either: the variable goes before it. An ssh of one's own, first on PATH, does.
#
# Not so in pip 23.2.1.
#
# Needs: python3 with venv, git. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir first named
for name in first named; do
    printf '#!/bin/sh\necho %s >>"%s/used"\nexit 255\n' "$name" "$work" >"$name/ssh"
    chmod +x "$name/ssh"
done
export PATH="$work/first:$PATH" GIT_SSH_COMMAND="$work/named/ssh"
python3 -m venv venv
venv/bin/pip install --quiet pip==26.3 2>/dev/null

used() { # with these options
    : >used
    venv/bin/pip install --disable-pip-version-check --quiet "$@" 'git+ssh://git@host.invalid/x' >out 2>&1 || true
    sort -u used
}

venv/bin/pip --version
printf 'pip install:            %s\n' "$(used)"
printf 'pip install --no-input: %s\n' "$(used --no-input)"
[ "$(used)" = named ] && [ "$(used --no-input)" = first ]
