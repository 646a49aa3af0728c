#!/bin/sh
# python-build-standalone, releases before 20250517: the interpreter names libpython by a path in DT_NEEDED.
#
# Seen with CPython 3.13.1 (release 20241219, as embedded in the Go module go-embed-python): bin/python3.13 has no
# RPATH; its DT_NEEDED entry is "$ORIGIN/../lib/libpython3.13.so.1.0". DT_NEEDED usually holds a bare name (a soname)
# that the loader searches for. Whoever compares entries with file names, or asks whether one begins with
# "libpython", concludes that nothing needs the library, and removes what the interpreter cannot start without.
# In the release 20260610 (3.14.6) libpython is linked into the interpreter, so there is no such entry, although
# sysconfig says Py_ENABLE_SHARED=1 and a second copy of the library lies in lib/.
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
"""Print RPATH and DT_NEEDED of the ELF file on standard input."""
import io, sys
from elftools.elf.elffile import ELFFile

dynamic = ELFFile(io.BytesIO(sys.stdin.buffer.read())).get_section_by_name(".dynamic")
for tag in dynamic.iter_tags():
    if tag.entry.d_tag in {"DT_RPATH", "DT_RUNPATH"}:
        print("rpath", getattr(tag, "rpath", "") or getattr(tag, "runpath", ""))
    if tag.entry.d_tag == "DT_NEEDED":
        print("needed", tag.needed)
PYTHON

dynamic() { # VERSION MINOR
    go mod download "github.com/kluctl/go-embed-python@$1"
    program="$GOMODCACHE/github.com/kluctl/go-embed-python@$1/python/internal/data/linux-amd64/bin/python$2"
    if [ -f "$program.gz" ]; then gzip -dc "$program.gz"; else cat "$program"; fi | venv/bin/python needed.py
}

shared=$(dynamic v0.0.0-3.13.1-20241219-1 3.13)
static=$(dynamic v0.0.0-3.14.6-20260610-1 3.14)
printf '3.13.1 of 20241219:\n%s\n3.14.6 of 20260610:\n%s\n' "$shared" "$static"

case $shared in *rpath*) echo 'CHANGED: 3.13.1 has an RPATH' >&2; exit 1 ;; esac
case $shared in
    *'needed $ORIGIN/../lib/libpython3.13.so.1.0'*) ;;
    *) echo 'CHANGED: 3.13.1 does not need libpython by a path' >&2; exit 1 ;;
esac
case $static in *libpython*) echo 'CHANGED: 3.14.6 needs libpython' >&2; exit 1 ;; esac
echo 'As described.'
