"""What people mistype: each line ends with a message and a code, and leaves the repository as it was."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from buildpack_release.tasks import collection
from buildpack_release.tasks.program import CommandProgram
from buildpack_testing.tasks import demo, try_app
from support.versioned_repository import Git, contents, entry, versioned

if TYPE_CHECKING:
    from pathlib import Path

LINES = """
lst
ls
chekc
check --jsno
check --json=true
check acme/a
check .
chec k
Check
CHECK
list --format
list --al
graph --format
graph --format=
graph --format dot
graph --format text mermaid
graph --json yes
graph acme/a
biuld
build acme
build acme/
build acme/A
build acme/b,acme/a
build acme/a,acme/b
build --id
build --id=
build --id acme/c
build --id --json
build acme/a --clean
build --bytecode-from
build --bytecode-from 3.99
build --bytecode-from nowhere.tar.gz
pack
packge
package all
package *
package ./buildpacks/a
package buildpacks/a
package acme/a@1.0.0
package --target
package --target linux
package --target linux/amd64/v3/x
package --target windows/amd64
package --target linux/amd64,linux/arm64
package --taget linux/amd64
package --interpreter
package --interpreter nowhere.tar.gz
package --interpreter linux/amd64=nowhere.tar.gz
package --interpreter linux/amd64=
package --offline yes
package --python 3.13
package --runtimes nowhere.toml
package --offline --python 3.99
package --strict=1
package --no-strict
version
version.
version.bmp
version.show --json json
version.next minor
version.next --kind
version.next --kind huge
version.next --kind acme/c=minor
version.next --kind acme/a=huge
version.bump --kind minor patch
version.bump --dry-run --date yesterday
version.bump --date 2026-13-45
version.bump --date
version.check --base
version.check --base nowhere
version.check --since nowhere
bump
release
release --to
release --to=
release --to localhost:5000
release --to http://localhost:5000/x
release --to /tmp
release --to oci:
release --dry-run
release --to oci:x --packaged
release --to oci:x --packaged zzz
release --to oci:x --branch nowhere
publish
publish --to
publish --to localhost
publish --to oci:
publish --to oci:x --variant huge
publish --to oci:x --sign
publish --to oci:x --yes --dryrun
publish.plna --to oci:x
publish.plan --to https://registry.example/x
publish.plan acme/c --to oci:x
publish.plan oci:x
publish.verify
publish.verify --to oci:nowhere
publish.verify --to oci:x --issuer x
publish.verify --to oci:x --identity x
publish.register --to oci:x
publish.register --to x --patience soon
builder.create
builder.create nowhere.toml
builder.create app.toml
builder.create app.toml --to
builder.create app.toml --to x
builder.create app.toml --to ./out
builder.create tasks.py --to ./out
builder.create . --to ./out
builder.check
builder.check app.toml other.toml
builder.check app.toml
builder.check --insecure app.toml
builder.kpack app.toml
builder.kpack app.toml --to out --tag x
builder.kpack app.toml --to out --tag localhost:1/x:1 --packages x
image.show
image.show x
image.show oci:nowhere
image.show @nowhere
image.shwo oci:x
image.patch oci:nowhere
image.patch oci:nowhere --python
image.patch oci:nowhere --python 3.13 --python 3.12
image.patch oci:nowhere --undo --python 3.13
image.patch oci:nowhere --python three
runtime.layer
runtime.layer --python
runtime.layer --python three --to ./out
runtimes.show x
runtimes.update --dryrun
tools.update --tool
--dry package
--list nothing
--list-format yaml --list
-i package
--ids acme/a
-c nowhere list
-r nowhere list
--collection nowhere list
--search-root nowhere list
--config nowhere.yaml list
-f nowhere.json list
-T soon list
--command-timeout list
--print-completion-script
--print-completion-script powershell
--prompt-for-sudo-password=1 list
--help pakcage
--help version.bmp
pakcage --help
list check pakcage
list package --id acme/c
inv list
./list
list;
list&&check
list=1
@list
-
---list
--list=
-lx
acme/a
acme/a package
build package acme/c
list try nowhere
try nowhere
try ./nowhere
try --runtime here
try --env A
try --builder-order acme/c
try tasks.txt
demo nowhere
publish --to oci:x acme/c
package acme/a acme/c
package ''
''
publish --to ''
version.bump ''
list --json --json x
check package --strct
image.patch
package --interpreter linux/amd64=x --interpreter linux/amd64=y
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository before its first release."""
    root = tmp_path_factory.mktemp("repository")
    versioned(root, {"acme/a": entry("Added")}, is_new=True)
    (root / "app.toml").write_text("")
    Git.init(root)
    return root


@pytest.mark.parametrize("line", LINES.strip().splitlines())
def test_a_mistyped_command(
    line: str, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the real tasks, which run if nothing is wrong with how they are called."""
    monkeypatch.chdir(repository)
    before = contents(repository)
    program = CommandProgram(namespace=collection(repository, try_app, demo), name="inv", binary="inv")
    with pytest.raises(SystemExit) as ended:
        program.run(["inv", *shlex.split(line)])
    assert ended.value.code not in {0, None}
    assert "Error: " in capsys.readouterr().err
    assert contents(repository) == before
