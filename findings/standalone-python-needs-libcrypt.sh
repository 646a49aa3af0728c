#!/bin/sh
# python-build-standalone, releases before 20230726: the "portable" interpreter needs libcrypt.so.1 to start.
#
# Seen with CPython 3.10.8 (release 20221106) against 3.11.6 (20231002), both as embedded in the Go module
# go-embed-python: interpreter and libpython list libcrypt.so.1 in DT_NEEDED in the first, and not in the second, where
# the module _crypt is a file of its own. Everything else that both need belongs to glibc. So with the older ones an
# image without that library cannot start Python at all, although nobody asked for the module crypt.
#
# Needs: go, python3 with venv. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
export GOMODCACHE="$work/mod" GOFLAGS=-modcacherw GO111MODULE=on

python3 -m venv venv
venv/bin/pip install --quiet pyelftools==0.32
cat >needed.py <<'PYTHON'
"""Print DT_NEEDED of the ELF file on standard input."""
import io, sys
from elftools.elf.elffile import ELFFile

dynamic = ELFFile(io.BytesIO(sys.stdin.buffer.read())).get_section_by_name(".dynamic")
print(" ".join(tag.needed for tag in dynamic.iter_tags("DT_NEEDED")))
PYTHON

needed() { # VERSION MINOR: what libpython and the interpreter need
    go mod download "github.com/kluctl/go-embed-python@$1"
    data="$GOMODCACHE/github.com/kluctl/go-embed-python@$1/python/internal/data/linux-amd64"
    for file in "lib/libpython$2.so.1.0" "bin/python$2"; do
        if [ -f "$data/$file.gz" ]; then gzip -dc "$data/$file.gz"; else cat "$data/$file"; fi |
            venv/bin/python needed.py
    done | tr '\n' ' '
}

old=$(needed v0.0.0-3.10.8-20221106-1 3.10)
new=$(needed v0.0.0-3.11.6-20231002-1 3.11)
printf '3.10.8 of 20221106: %s\n3.11.6 of 20231002: %s\n' "$old" "$new"
case $old in *libcrypt.so.1*) ;; *) echo 'CHANGED: 3.10.8 needs no libcrypt' >&2; exit 1 ;; esac
case $new in *libcrypt*) echo 'CHANGED: 3.11.6 needs libcrypt' >&2; exit 1 ;; esac
echo 'As described.'
