#!/bin/sh
# docker-registry 2.8.2: an OCI image does not exist for a client that accepts anything.
#
# Seen with Debian 12's docker-registry (distribution 2.8.2): HEAD of an OCI manifest or an OCI image index answers
# 404 to "Accept: */*" and to no Accept header at all, 200 only if its very media type is named. HTTP says that
# */* covers every type and that no header means "anything"; distribution 2 compares the header's words with the
# type it has stored. So "does this tag exist?", asked with an ordinary HTTP client or with the type of an image
# for what is an index, is answered "no", and a publisher that believes it writes over a released tag.
#
# Needs: Debian or Ubuntu's apt-get and dpkg-deb (nothing is installed), python3. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$work"' EXIT
cd "$work"
version=$(apt-cache madison docker-registry | awk '$3 ~ /^2\.8\.2/ { print $3; exit }')
[ -n "$version" ] || { echo 'docker-registry 2.8.2 is not offered here (apt-get update?)' >&2; exit 2; }
apt-get -o APT::Sandbox::User=root download -qq "docker-registry=$version"
dpkg-deb -x docker-registry_*.deb unpacked

port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >config.yml <<YAML
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/store}}
http: {addr: 127.0.0.1:$port}
YAML
unpacked/usr/bin/docker-registry serve config.yml >log 2>&1 &
pid=$!

cat >ask.py <<'PYTHON'
import hashlib, http.client, json, sys, time

port = int(sys.argv[1])
OCI = "application/vnd.oci.image."

def call(method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    answer.read()
    return answer

for attempt in range(100):
    try:
        call("GET", "/v2/")
        break
    except OSError:
        time.sleep(0.1)

config = b"{}"
digest = "sha256:" + hashlib.sha256(config).hexdigest()
place = call("POST", "/v2/demo/blobs/uploads/", b"").headers["Location"].partition(str(port))[2]
assert call("PUT", f"{place}&digest={digest}", config, Content_Type="application/octet-stream").status == 201
manifest = json.dumps({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "layers": [],
    "config": {"mediaType": OCI + "config.v1+json", "digest": digest, "size": len(config)}}).encode()
assert call("PUT", "/v2/demo/manifests/single", manifest, Content_Type=OCI + "manifest.v1+json").status == 201
index = json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": [
    {"mediaType": OCI + "manifest.v1+json", "digest": "sha256:" + hashlib.sha256(manifest).hexdigest(),
     "size": len(manifest), "platform": {"os": "linux", "architecture": "amd64"}}]}).encode()
assert call("PUT", "/v2/demo/manifests/many", index, Content_Type=OCI + "index.v1+json").status == 201

seen = {}
for tag in ("single", "many"):
    for name, headers in (("*/*", {"Accept": "*/*"}), ("none", {}), ("manifest", {"Accept": OCI + "manifest.v1+json"}),
                          ("index", {"Accept": OCI + "index.v1+json"})):
        seen[tag, name] = call("HEAD", f"/v2/demo/manifests/{tag}", **headers).status
        print(f"{tag:7} Accept: {name:9} {seen[tag, name]}")
found = {key for key, status in seen.items() if status == 200}
sys.exit(found != {("single", "manifest"), ("many", "index")} or set(seen.values()) != {200, 404})
PYTHON
if python3 ask.py "$port"; then echo "As described (docker-registry $version)."; else echo 'CHANGED' >&2; exit 1; fi
