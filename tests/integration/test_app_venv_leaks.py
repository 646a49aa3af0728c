"""No secret that a build knows gets out: of repositories, build scripts that talk, caches and addresses."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app_venv.evidence.key import RECIPE
from buildpack_testing.failure import PhaseError
from support.git_server import GitServer, git_server
from support.main_job import VENV
from support.private_index import PrivateIndex, private_index
from support.restored import change_metadata
from support.venv_builds import VenvBuilds, installed, reused, site_packages, text_of
from support.wheels import EDITABLE_BACKEND, IN_TREE, SOURCE_BACKEND, Project, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

SEARCHED = "Searching the layers for secrets of this build\n    None is in "
USER, PASSWORD = "builder", "g1t-pass+word"
GIT = {"GIT_USER": USER, "GIT_PASS": "g1t-pass%2Bword"}
PACKAGE = {"backend.py": EDITABLE_BACKEND, "pyproject.toml": IN_TREE, "private.py": "VERSION = 1\n"}
# A build script that keeps what it is told, as a debugging aid or a build stamp.
TALKATIVE = SOURCE_BACKEND.replace(
    'wheel.writestr("source.py", "")',
    'wheel.writestr("source.py", ""); import os; wheel.writestr("source/stamp.txt", os.environ["STAMP"])',
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with git_server(tmp_path / "git server", user=USER, password=PASSWORD) as served:
        served.publish("priv.git", PACKAGE)
        yield served


@pytest.fixture
def index(builds: VenvBuilds) -> Iterator[PrivateIndex]:
    """The index of ``builds`` once more, for admin with the password test."""
    with private_index(builds.root / "index") as served:
        served.user, served.password = "admin", "test"
        yield served


def require_checkout(builds: VenvBuilds, server: GitServer, *more: str) -> None:
    address = server.url("priv.git").replace("//", "//${GIT_USER}:${GIT_PASS}@")
    builds.require(f"-e git+{address}@main#egg=private-pkg", *more)


def leftovers(builds: VenvBuilds, *words: str) -> list[Path]:
    """Return what holds one of the words, in layers, in the exported image, in the cache, or at home."""
    workspace = builds.platform().workspace
    kept = [path for path in workspace.root.rglob("*") if not path.is_relative_to(workspace.platform)]
    return [
        path for path in kept if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
    ]


def layers(builds: VenvBuilds) -> Path:
    return builds.platform().workspace.layers / "strata_app-venv"


def test_a_password_for_a_repository_is_found_nowhere(builds: VenvBuilds, server: GitServer) -> None:
    commit = server.publish("priv.git", {"private.py": "VERSION = 2\n"})
    require_checkout(builds, server)
    printed = text_of(builds.build(GIT))
    assert server.requests
    assert "Removed what version control left: src/private-pkg/.git\n" in printed
    assert leftovers(builds, PASSWORD, GIT["GIT_PASS"]) == []
    assert not list(layers(builds).rglob(".git"))
    sbom = layers(builds) / "venv.sbom.cdx.json"
    assert f"{server.url('priv.git')}%40{commit}" in sbom.read_text()
    with builds.platform().container() as container:
        assert container.run(["python", "-c", "import private; print(private.VERSION)"]).stdout == "2\n"


def test_a_branch_that_moves_is_checked_out_anew(builds: VenvBuilds, server: GitServer) -> None:
    require_checkout(builds, server)
    builds.build(GIT)
    server.publish("priv.git", {"private.py": "VERSION = 3\n"})
    result = builds.build(GIT)
    assert not reused(result)
    assert (layers(builds) / "venv/venv/src/private-pkg/private.py").read_text() == "VERSION = 3\n"
    assert leftovers(builds, PASSWORD, GIT["GIT_PASS"]) == []


def test_submodules_leave_nothing_either(builds: VenvBuilds, server: GitServer) -> None:
    """Theirs is a file .git, and git completes relative addresses with the one that has the password."""
    server.publish("sub.git", {"part.py": ""})
    server.publish("priv.git", {}, submodules={"a b/sub": "../sub.git"})
    require_checkout(builds, server)
    printed = text_of(builds.build(GIT))
    checkout = layers(builds) / "venv/venv/src/private-pkg"
    assert (checkout / "a b/sub/part.py").is_file()
    assert "src/private-pkg/.git, src/private-pkg/.gitmodules, src/private-pkg/a b/sub/.git" in printed
    assert leftovers(builds, PASSWORD, GIT["GIT_PASS"]) == []


def test_what_a_checkout_itself_writes_down_ends_the_build(builds: VenvBuilds, server: GitServer) -> None:
    """The setup of a package may ask git where it is from. The next build is as if this one had not been."""
    stamp = 'open("stamp.txt", "w").write(open(".git/config").read())\n'
    server.publish("priv.git", {"backend.py": EDITABLE_BACKEND + stamp})
    require_checkout(builds, server)
    output = builds.failure(**GIT)
    assert "Error: A secret of this build would get into the image or the cache" in output
    place = "venv/src/private-pkg/stamp.txt in the layer venv"
    assert f"{place} has what is in GIT_PASS in requirements.txt:1" in output
    assert PASSWORD not in output
    assert GIT["GIT_PASS"] not in output
    assert not list(layers(builds).glob("*.toml"))
    assert leftovers(builds, PASSWORD, GIT["GIT_PASS"]) == []
    server.publish("priv.git", {"backend.py": EDITABLE_BACKEND})
    assert text_of(builds.build(GIT)).count(SEARCHED) == 1


def test_a_build_that_is_stopped_while_it_searches_leaves_no_layer(
    builds: VenvBuilds, server: GitServer
) -> None:
    large = 'open("large", "wb").truncate(6 << 30)\n'
    server.publish("priv.git", {"backend.py": EDITABLE_BACKEND + large})
    require_checkout(builds, server)

    def stop(line: str) -> None:
        if "Searching the layers" in line:
            (number,) = [one for one in Path("/proc").glob("[0-9]*") if _is_build(one, app)]
            os.kill(int(number.name), signal.SIGTERM)

    platform = builds.platform()
    app = platform.workspace.app
    given = {**GIT, "PIP_INDEX_URL": f"{builds.server.url}/simple/"}
    with pytest.raises(PhaseError) as failed:
        platform.build(builds.app, variables=given, sink=stop)
    assert "stopped by SIGTERM" in failed.value.output
    assert not list(layers(builds).glob("*.toml"))
    assert not (layers(builds) / "venv").exists()


def _is_build(process: Path, app: Path) -> bool:
    try:
        command = (process / "cmdline").read_bytes()
        return b"strata_app-venv/lib" in command and (process / "cwd").samefile(app)
    except OSError:
        return False


def test_an_app_that_is_installed_as_editable_keeps_its_repository(builds: VenvBuilds) -> None:
    for name, text in PACKAGE.items():
        builds.app.mkdir(exist_ok=True)
        (builds.app / name).write_text(text)
    (builds.app / ".git").mkdir()
    (builds.app / ".git/config").write_text('[remote "origin"]\n\turl = https://me:of-the-app@host/x\n')
    builds.require("-e .")
    printed = text_of(builds.build())
    assert "version control" not in printed
    assert (builds.platform().workspace.app / ".git/config").is_file()


def test_a_build_script_that_keeps_a_secret_ends_the_build(builds: VenvBuilds) -> None:
    """In the environment, and in the wheel that pip's cache keeps for the next time."""
    builds.publish_source(TALKATIVE)
    token = "tok/1234+5678"
    builds.require("--extra-index-url http://me:${TOKEN}@127.0.0.1:9/", "source")
    given = {"TOKEN": "tok%2F1234%2B5678", "STAMP": f"built with {token}"}
    output = builds.failure(**given)
    libraries = site_packages_name(builds)
    assert f"venv/{libraries}/source/stamp.txt in the layer venv has what is in TOKEN in" in output
    assert "source-1.0-py3-none-any.whl > source/stamp.txt in the layer pip-cache" in output
    assert "BP_PIP_CACHE=none" in output
    assert token not in output
    assert leftovers(builds, token) == []
    assert SEARCHED in text_of(builds.build({**given, "STAMP": "built"}))


def site_packages_name(builds: VenvBuilds) -> str:
    minor = builds.platform().base.build_path.partition("/bin")[0]
    (found,) = Path(minor, "lib").glob("python3.*/os.py")
    return f"lib/{found.parent.name}/site-packages"


def test_short_and_common_words_end_no_build(builds: VenvBuilds, index: PrivateIndex) -> None:
    """The user admin with the password test, where packages have both words; their address is found."""
    builds.publish(Project("words", files={"words/admin.py": "test = 'admin: test'\n"}))
    builds.publish_source(TALKATIVE)
    builds.require("right", "words", "source")
    given = {"PIP_INDEX_URL": index.url_with_password, "STAMP": "a test for the admin: admin test@host"}
    printed = text_of(builds.build(given))
    assert installed(builds) == ["left-1.0", "right-2.0", "source-1.0", "words-1.0"]
    assert SEARCHED in printed
    builds.require("right", "source")
    output = builds.failure(**given | {"STAMP": index.url_with_password, "BP_PIP_CACHE": "none"})
    assert "stamp.txt in the layer venv has what is in the address in PIP_INDEX_URL" in output


def test_what_a_published_wheel_holds_is_no_leak(builds: VenvBuilds, index: PrivateIndex) -> None:
    """Not in its files, nor in the byte code and lists made of them; in what was built here it is one."""
    index.password = "password"
    files = {"words/password.py": "password = 'password'\n", "words/password.txt": "password"}
    builds.publish(Project("words", files=files))
    builds.publish_source(TALKATIVE)
    builds.require("words")
    given = {"PIP_INDEX_URL": index.url_with_password, "STAMP": "the password"}
    builds.build(given)
    assert (site_packages(builds) / "words/password.py").is_file()
    builds.require("words", "source")
    places = re.findall(r"(\S+) in the layer venv has", builds.failure(**given))
    assert {place.rpartition("/")[2] for place in places} == {"stamp.txt"}


def test_a_token_in_the_query_of_an_address_is_not_noted(builds: VenvBuilds) -> None:
    """The installer notes where a package is from, without the user and with the query (PEP 610)."""
    builds.publish_source()
    wheel, source = (
        next(one for one in builds.wheels if one.name.startswith(name)) for name in ("left-", "source-")
    )
    place = f"{builds.server.url}/files"
    builds.require(
        f"left @ {place}/{wheel.name}?token=${{TOKEN}}#sha256={sha256(wheel)}",
        f"source @ {place}/{source.name}?token=${{TOKEN}}#sha256={sha256(source)}",
    )
    token = "tok-1234-5678"
    result = builds.build({"TOKEN": token})
    noted = site_packages(builds) / "left-1.0.dist-info/direct_url.json"
    assert json.loads(noted.read_text())["url"] == f"{place}/{wheel.name}"
    record = (noted.parent / "RECORD").read_text()
    assert f"direct_url.json,{recorded(noted)}" in record
    (origin,) = (layers(builds) / "pip-cache").rglob("origin.json")
    assert json.loads(origin.read_text())["url"] == f"{place}/{source.name}"
    assert leftovers(builds, token) == []
    again = builds.build({"TOKEN": token})
    assert reused(again)
    assert again.layer(VENV, "pip-cache").diff_id == result.layer(VENV, "pip-cache").diff_id


def recorded(path: Path) -> str:
    import base64

    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256(path))).decode().rstrip("=")
    return f"sha256={digest},{path.stat().st_size}"


def test_a_reused_layer_is_searched_again_for_a_secret_from_elsewhere_only(builds: VenvBuilds) -> None:
    builds.require(*builds.locked("left-1.0"))
    address = builds.server.url.removeprefix("http://")
    given = {"PIP_INDEX_URL": f"http://me:first-password@{address}/simple/"}
    assert SEARCHED in text_of(builds.build(given))
    changed = builds.build({"PIP_INDEX_URL": f"http://me:other-password@{address}/simple/"})
    assert reused(changed)
    assert SEARCHED not in text_of(changed)
    more = {**given, "HTTPS_PROXY": "http://me:of-the-proxy@127.0.0.1:9"}
    found = builds.build(more)
    assert reused(found)
    assert SEARCHED in text_of(found)
    assert SEARCHED not in text_of(builds.build(more))
    assert "first-password" not in str(found.layer(VENV, "venv").metadata)


def test_a_layer_that_an_older_version_made_is_made_anew(builds: VenvBuilds) -> None:
    """It was not searched, and may hold repositories."""
    builds.require(*builds.locked("left-1.0"))
    builds.build()
    change_metadata(builds.platform(), "recipe", "2")
    result = builds.build()
    assert not reused(result)
    assert f"recipe of the buildpack: 2 -> {RECIPE}" in text_of(result)


def test_a_build_without_secrets_searches_nothing(builds: VenvBuilds) -> None:
    builds.require("left")
    assert SEARCHED not in text_of(builds.build())


@pytest.mark.parametrize(
    "writes",
    [
        'wheel.writestr("source/frozen.txt", "left @ " + os.environ["PIP_EXTRA_INDEX_URL"] + "left.whl")',
        'wheel.writestr("source-1.0.dist-info/build.json", repr(dict(os.environ)))',
        'wheel.writestr("source-1.0.data/data/info", os.environ["PIP_EXTRA_INDEX_URL"].partition("@")[0])',
    ],
    ids=["a list of requirements", "metadata", "a file beside the package"],
)
def test_the_address_of_an_index_does_not_get_out_by_what_a_build_writes(
    builds: VenvBuilds, writes: str
) -> None:
    builds.publish_source(SOURCE_BACKEND.replace('wheel.writestr("source.py", "")', f"import os; {writes}"))
    builds.require("source")
    address = f"{builds.server.url.replace('//', f'//{USER}:{PASSWORD}@')}/simple/"
    said = builds.failure(PIP_EXTRA_INDEX_URL=address)
    assert "A secret of this build would get into the image or the cache" in said
    assert "the address in PIP_EXTRA_INDEX_URL" in said
    assert PASSWORD not in said
    assert leftovers(builds, PASSWORD) == []


def test_a_password_in_a_file_of_the_app_is_told_since_that_is_in_the_image(
    builds: VenvBuilds, index: PrivateIndex
) -> None:
    """Whatever a buildpack does. What is filled in, or has its password elsewhere, is none of it."""
    address = f"http://{USER}:{PASSWORD}@{index.host}/simple/"
    builds.require(f"--extra-index-url {address.replace(PASSWORD, '${TOKEN}')}", "left")
    quiet = text_of(builds.build({"TOKEN": PASSWORD}))
    assert "is written in the app's files" not in quiet
    builds.require(f"--extra-index-url {address}", "left", "-c limits.txt")
    builds.require(f"--find-links {address}", file="limits.txt")
    builds.require("machine a.example login me password something", file=".netrc")
    told = text_of(builds.build())
    assert (
        "A password or token is written in the app's files: requirements.txt:1, limits.txt:1, .netrc" in told
    )
    assert PASSWORD not in told


def test_constraints_behind_a_password_are_read_by_pip_alone(builds: VenvBuilds) -> None:
    """Their address is no name of a file that would be noted."""
    (builds.root / "index/limits.txt").write_text("left<2\n")
    builds.require("left")
    address = builds.server.url.replace("//", f"//{USER}:{PASSWORD}@")
    variables = {"PIP_CONSTRAINT": f"{address}/limits.txt"}
    assert not reused(builds.build(variables))
    assert reused(builds.build(variables))
    assert leftovers(builds, PASSWORD) == []
