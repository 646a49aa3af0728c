#!/bin/sh
# python-build-standalone 20260610: sysconfig gives two different answers to where Python is.
#
# Seen with CPython 3.14.6 (as embedded in the Go module go-embed-python), laid out in a folder of its own:
# get_config_var("prefix") and get_path("include") follow the interpreter to where it lies, but the variables that
# name the same places for a build, LIBDIR and INCLUDEPY, say /install, which exists nowhere. The JSON copy of the
# variables beside it (_sysconfig_vars__*.json, new in 3.14) still has the archiver of the machine that built it,
# below /tools/llvm. So a backend that asks for paths works, and one that asks for variables compiles against a
# folder that is not there, on the same interpreter.
#
# Needs: go, python3. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
export GOMODCACHE="$work/mod" GOFLAGS=-modcacherw GO111MODULE=on
version=v0.0.0-3.14.6-20260610-1
go mod download "github.com/kluctl/go-embed-python@$version"

python3 - "$GOMODCACHE/github.com/kluctl/go-embed-python@$version/python/internal/data/linux-amd64" tree <<'PYTHON'
import gzip, json, os, pathlib, sys
data, into = map(pathlib.Path, sys.argv[1:])
for entry in json.loads((data / "files.json").read_text())["files"]:
    target, mode = into / entry["name"], entry["perm"]
    if mode & 0x80000000:
        target.mkdir(parents=True, exist_ok=True)
    elif mode & 0x8000000:
        target.symlink_to(entry["symlink"])
    elif entry.get("compressed"):
        target.write_bytes(gzip.decompress((data / (entry["name"] + ".gz")).read_bytes()))
    else:
        target.write_bytes((data / entry["name"]).read_bytes())
    if not mode & 0x88000000:
        os.chmod(target, mode & 0o777)
PYTHON

cat >ask.py <<'PYTHON'
import glob, json, os, sys, sysconfig
real = os.path.realpath(sys.base_prefix)
get = sysconfig.get_config_var
moved = {"prefix": get("prefix"), "get_path(include)": sysconfig.get_path("include")}
stale = {name: get(name) for name in ("LIBDIR", "INCLUDEPY")}
(copy,) = glob.glob(os.path.join(os.path.dirname(os.__file__), "_sysconfig_vars__*.json"))
archiver = json.load(open(copy))["AR"]
for name, value in {**moved, **stale, "AR in the JSON": archiver}.items():
    print(f"{name:20} {value.replace(real, '<where it lies>')}")
as_described = (
    all(os.path.realpath(value).startswith(real) for value in moved.values())
    and all(value.startswith("/install/") and not os.path.exists(value) for value in stale.values())
    and archiver.startswith("/tools/llvm/")
)
sys.exit(not as_described)
PYTHON
if tree/bin/python3.14 -I ask.py; then echo 'As described.'; else echo 'CHANGED' >&2; exit 1; fi
