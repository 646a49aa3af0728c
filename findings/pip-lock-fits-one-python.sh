#!/bin/sh
# pip 26.3: `pip lock` writes a pylock.toml that fits the Python it ran on, and does not say so.
#
# Seen with pip 26.3 and markupsafe 3.0.3 (which has wheels for each Python and a source distribution): the lock lists
# exactly one file, the wheel for the running interpreter and platform; neither `environments` nor `requires-python` is
# set, although PEP 751 has both for this. Another Python finds no file that fits it in this lock. A lock for many
# platforms is what the format allows, not what this command makes. Packages whose marker
# is false on the locking machine are absent without a trace, so elsewhere they are missing silently.
#
# Needs: python3 with venv. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet pip==26.3 2>/dev/null
printf 'markupsafe==3.0.3\ncolorama==0.4.6 ; sys_platform == "win32"\n' >requirements.txt
venv/bin/pip lock --quiet -r requirements.txt -o pylock.toml 2>/dev/null
cat pylock.toml

files=$(grep -c 'sha256' pylock.toml)
[ "$files" = 1 ] || { echo "CHANGED: $files files are listed" >&2; exit 1; }
! grep -Eq '^(environments|requires-python)' pylock.toml || { echo 'CHANGED: it says what it is for' >&2; exit 1; }
! grep -q colorama pylock.toml || { echo 'CHANGED: what other platforms need is listed' >&2; exit 1; }

# The one file is for the interpreter that wrote it, although a source distribution would fit all.
tag=$(python3 -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
grep -q "^name = \"markupsafe-.*-$tag-$tag-.*\.whl\"" pylock.toml || { echo "CHANGED: no wheel for $tag" >&2; exit 1; }
echo 'As described.'
