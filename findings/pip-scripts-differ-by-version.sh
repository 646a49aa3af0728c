#!/bin/sh
# pip 25.3 and 26.3: the same wheel, installed at the same place, gets other bytes in its console script.
#
# A wheel says only "name = module:function"; the script is written by whoever installs. pip's template has changed
# between these releases, so a directory that is made from the same wheels with a newer pip differs, in the script, and
# in RECORD, which has the script's hash. Whoever keeps installed environments by their content (image layers, caches) and
# updates pip alone gets another content for the same packages.
#
# Needs: python3 with venv. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for version in 25.3 26.3; do
    python3 -m venv "pip-$version"
    "pip-$version/bin/pip" --quiet --disable-pip-version-check install "pip==$version"
    python3 -m venv --without-pip app
    "pip-$version/bin/python" -m pip --quiet --disable-pip-version-check --python app install --no-deps --no-compile 'markdown-it-py==4.0.0'
    cp app/bin/markdown-it "script-$version"
    rm -rf app
done
if cmp -s script-25.3 script-26.3; then
    echo 'CHANGED: the scripts are equal' >&2
    exit 1
fi
diff script-25.3 script-26.3 || true
echo 'As described.'
