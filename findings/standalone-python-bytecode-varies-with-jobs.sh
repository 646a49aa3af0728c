#!/bin/sh
# CPython 3.13 and later: the byte code of a module depends on what else its compiling process has compiled.
#
# Seen with CPython 3.13.1 and 3.14.6 (python-build-standalone's trees in the Go module go-embed-python): the
# same library compiled twice with unchecked-hash invalidation, once by `compileall -j1` and once by `-j2`,
# gives .pyc files that differ for argparse and functools, in 3.13 also for weakref, though source, path, options
# and hash seed are equal. Strings that are interned already when a module is compiled are marshalled differently,
# and with one process more modules come before. Both are valid. Two runs with the same number of jobs need
# not agree on another machine, so "reproducible" takes one process per file, or always the same order in one.
# Under 3.11.11 all files are equal.
#
# Needs: go. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
export GOMODCACHE="$work/mod" GOFLAGS=-modcacherw GO111MODULE=on

tree() { # VERSION: lay out lib and bin of the module's data, following files.json
    go mod download "github.com/kluctl/go-embed-python@$1"
    python3 - "$GOMODCACHE/github.com/kluctl/go-embed-python@$1/python/internal/data/linux-amd64" "$2" <<'PYTHON'
import gzip, json, os, pathlib, sys
data, into = map(pathlib.Path, sys.argv[1:])
for entry in json.loads((data / "files.json").read_text())["files"]:
    target, mode = into / entry["name"], entry["perm"]
    if mode & 0x80000000:
        target.mkdir(parents=True, exist_ok=True)
        continue
    target.parent.mkdir(parents=True, exist_ok=True)
    if mode & 0x8000000:
        target.symlink_to(entry["symlink"])
        continue
    source = data / entry["name"]
    target.write_bytes(gzip.decompress(pathlib.Path(f"{source}.gz").read_bytes())
                       if entry.get("compressed") else source.read_bytes())
    os.chmod(target, mode & 0o777)
PYTHON
}

differing() { # VERSION MINOR: print the names of modules whose byte code differs between one job and two
    rm -rf tree && tree "$1" tree
    lib=tree/lib/python$2
    for jobs in 1 2; do
        find "$lib" -name __pycache__ -prune -exec rm -rf {} +
        PYTHONHASHSEED=0 "tree/bin/python$2" -I -S -m compileall -q -f -j "$jobs" \
            --invalidation-mode unchecked-hash "$lib" >/dev/null 2>&1 || :
        (cd "$lib" && find . -name '*.pyc' -exec sha256sum {} + | LC_ALL=C sort -k2) >"jobs-$jobs"
    done
    [ -s jobs-1 ] && [ "$(wc -l <jobs-1)" = "$(wc -l <jobs-2)" ] || { echo "the runs compiled other files" >&2; exit 2; }
    diff jobs-1 jobs-2 | sed -n 's/^< [0-9a-f]* *//p' | tr '\n' ' '
}

new=$(differing v0.0.0-3.14.6-20260610-1 3.14)
middle=$(differing v0.0.0-3.13.1-20241219-1 3.13)
old=$(differing v0.0.0-3.11.11-20241219-1 3.11)
printf '3.14.6 differs in: %s\n3.13.1 differs in: %s\n3.11.11 differs in: %s\n' "$new" "$middle" "${old:-nothing}"
[ -n "$new" ] && [ -n "$middle" ] && [ -z "$old" ] || { echo 'CHANGED' >&2; exit 1; }
echo 'As described.'
