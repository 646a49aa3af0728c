#!/bin/sh
# lifecycle 0.21.17: an integer in a layer's metadata comes back as a float.
#
# Seen with the lifecycle's own functions, in the order of a build and the next: <layer>.toml is decoded, its metadata
# goes into the image label io.buildpacks.lifecycle.metadata as JSON, the label is read, and <layer>.toml is written
# again for the buildpack. In between lies a Go `any`, for which JSON has one kind of number: 3 is 3.0 afterwards,
# 9007199254740993 is 9.007199254740992e+15 (another number), a date with an offset is a string, a local date has
# got a time. Arrays, tables, strings, booleans and floats come back as they were. A buildpack that compares its restored
# metadata with what it would write, in a language where 3 and 3.0 differ in type or in print, never reuses the layer.
#
# Needs: go. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
export GOMODCACHE="$work/mod" GOCACHE="$work/cache" GOFLAGS='-modcacherw -buildvcs=false' GO111MODULE=on GOWORK=off

cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/buildpacks/lifecycle/buildpack"
	"github.com/buildpacks/lifecycle/log"
	"github.com/buildpacks/lifecycle/platform/files"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func main() {
	written, err := buildpack.DecodeLayerMetadataFile("written.toml", "0.10", log.NewDefaultLogger(os.Stderr))
	check(err)
	label, err := json.Marshal(files.LayersMetadata{Buildpacks: []buildpack.LayersMetadata{{
		ID: "acme/demo", Layers: map[string]buildpack.LayerMetadata{"layer": {LayerMetadataFile: written}}}}})
	check(err)
	var read files.LayersMetadata
	check(json.Unmarshal(label, &read))
	restored := read.LayersMetadataFor("acme/demo").Layers["layer"].LayerMetadataFile
	check(buildpack.EncodeLayerMetadataFile(restored, "restored.toml", "0.10"))
}
GO
cat >written.toml <<'TOML'
[types]
launch = true
[metadata]
integer = 3
large = 9007199254740993
float = 1.5
text = "3"
flag = true
list = ["a", "b"]
offset = 2026-01-02T03:04:05+02:00
day = 2026-01-02
TOML
cat >go.mod <<'MOD'
module example.com/finding

go 1.24
MOD
for part in buildpack log platform/files; do
    go get "github.com/buildpacks/lifecycle/$part@v0.21.17" 2>/dev/null
done
go run . || { echo 'it does not build or run any more' >&2; exit 2; }
cat restored.toml

for line in 'integer = 3.0' 'large = 9.007199254740992e+15' 'float = 1.5' 'text = "3"' 'flag = true' \
    'offset = "2026-01-02T03:04:05+02:00"' 'day = "2026-01-02T00:00:00Z"'; do
    grep -q "^ *$line\$" restored.toml || { echo "CHANGED: not there: $line" >&2; exit 1; }
done
echo 'As described.'
