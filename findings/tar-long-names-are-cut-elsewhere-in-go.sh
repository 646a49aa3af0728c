#!/bin/sh
# tar-split 0.12.2 (Go's archive/tar) and backports.tarfile 1.2.0 (Python's tarfile): the same entry, another header.
#
# A name of more than 100 bytes is stored in a USTAR header in two fields, cut at a slash; any slash will do at which
# both parts fit ("ustar", POSIX.1). Go cuts at the last such slash, Python at the first. Both archives unpack to
# the same files, and each library reads the other's. But the diff ID of an image's layer is the SHA-256 of its
# archive: a layer that is written with Python's tarfile, with the very names, modes, owners and times of one that the
# lifecycle, Docker or ko has written, is another layer as soon as it has one long name, and is stored and
# pulled twice. So whoever wants to make a layer again, bit for bit, writes the headers as the first writer did.
#
# Needs: go, python3 with venv. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
export GOPATH="$work/go" GOCACHE="$work/cache" GOFLAGS=-mod=mod
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install 'backports.tarfile==1.2.0'

cat >go.mod <<'MOD'
module demo
go 1.21
require github.com/vbatts/tar-split v0.12.2
MOD
cat >main.go <<'GO'
package main

import (
	"os"
	"strings"

	"github.com/vbatts/tar-split/archive/tar"
)

func main() {
	name := "layers/" + strings.Repeat("d", 60) + "/" + strings.Repeat("e", 40) + "/" + strings.Repeat("f", 30) + "/file"
	writer := tar.NewWriter(os.Stdout)
	header := tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Format: tar.FormatUSTAR}
	if err := writer.WriteHeader(&header); err != nil {
		panic(err)
	}
}
GO
go run . >by-go

cat >write.py <<'PYTHON'
import sys

from backports import tarfile

entry = tarfile.TarInfo(f"layers/{'d' * 60}/{'e' * 40}/{'f' * 30}/file")
python = entry.tobuf(tarfile.USTAR_FORMAT)
go = open("by-go", "rb").read(512)
read = [tarfile.TarInfo.frombuf(one, "utf-8", "strict").name for one in (python, go)]

def parts(header):
    return [header[start:end].rstrip(b"\0").decode() for start, end in ((345, 500), (0, 100))]

for what, header in (("Go", go), ("Python", python)):
    prefix, name = parts(header)
    print(f"{what}: prefix of {len(prefix)} bytes, name of {len(name)}")
same = read[0] == read[1] == entry.name
cut = [[len(part) for part in parts(header)] for header in (go, python)]
sys.exit(not (same and cut == [[139, 4], [67, 76]]))
PYTHON
tools/bin/python write.py || { echo 'CHANGED' >&2; exit 1; }
echo 'As described.'
