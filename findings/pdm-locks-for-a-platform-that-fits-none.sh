#!/bin/sh
# PDM 2.29.4 locks for the platform `linux_x86_64`, and then takes that lock on no Linux; that for `linux` it takes.
#
# Seen with pdm 2.29.4 on Linux (glibc, x86_64): `pdm lock --platform linux_x86_64` ends well and notes that platform
# as the lock's target, but `pdm sync` then says "No compatible lock target found" and installs nothing; so it does
# after `manylinux2014_x86_64`, the name that most wheels have. `linux` and `manylinux_2_17_x86_64` give a lock that
# this machine takes. So who reads a pdm.lock cannot take the name of a target for what
# wheels or sysconfig mean by it.
#
# Needs: python3 with venv, on Linux with glibc, x86_64. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
# hishel 2, newer than this release, breaks it.
venv/bin/pip install --quiet pdm==2.29.4 'hishel<2' 2>/dev/null
export PDM_CHECK_UPDATE=false HOME="$work"

for platform in linux_x86_64 manylinux2014_x86_64 linux manylinux_2_17_x86_64; do
    mkdir app && cd app
    printf '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["idna==3.10"]\n' >pyproject.toml
    printf '[tool.pdm]\ndistribution = false\n' >>pyproject.toml
    ../venv/bin/pdm use -q -f "$(command -v python3)" 2>/dev/null || true
    ../venv/bin/pdm lock --platform "$platform" >log 2>&1 || { cat log >&2; exit 2; }
    if ../venv/bin/pdm sync >log 2>&1; then result=installs; else result=refuses; fi
    echo "lock for $platform: this machine $result it"
    case $platform in
        linux_x86_64 | manylinux2014_x86_64) expected=refuses ;;
        *) expected=installs ;;
    esac
    if [ "$result" != "$expected" ]; then
        echo 'CHANGED' >&2
        cat log >&2
        exit 1
    fi
    if [ "$result" = refuses ]; then grep -q 'No compatible lock target' log || { cat log >&2; exit 1; }; fi
    cd .. && rm -r app
done
echo 'As described.'
