"""`inv package` as maintainers run it: in processes, on copies of a repository, with faults from outside."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from buildpack_release.bytecode.interpreters import installed_interpreters
from buildpack_release.dist.manifest import DistManifest
from buildpack_release.files.cache import cache_directory
from support.packaging import INV, copy_repository, digests, environment, inv
from support.sample_repository import component, composite, library, plan, write, write_settings

ROOT = Path(__file__).parents[2]
FAILED, USAGE, CHECK_FAILED, MISSING_TOOL = 1, 2, 3, 7
SETTINGS = 'bytecode = ["3.10", "3.11", "3.12", "3.13"]\n'


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A cache of its own."""
    return environment(STRATA_CACHE_DIR=str(tmp_path / "cache"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small repository with the real tasks and names that are hard to write down."""
    root = tmp_path / "repository"
    library(root)
    write(root / "tasks.py", (ROOT / "tasks.py").read_text("utf-8"))
    write_settings(root, SETTINGS)
    for name in ("acme/one", "acme/two", "acme/three"):
        directory = component(root, name, plans={"x": (None, plan(provides=(name,)))})
        write(
            directory / "src/sample/build.py", 'KINDS = frozenset({"a", "b", "c"})\ndef build(context): ...\n'
        )
    write(root / "buildpacks/one/data/größe of ☃/a b.txt", "x")
    write(root / f"buildpacks/one/data/{'d' * 90}/{'e' * 90}/{'f' * 90}", "long")
    (root / "buildpacks/one/data/link").symlink_to("größe of ☃")
    composite(root, "acme/all", ["acme/one", "acme/two", "acme/three"])
    return root


def check_same_bits(first: Path, second: Path, tmp_path: Path) -> None:
    """Package two equal trees as differently as possible, and compare all of dist/."""
    caches = [tmp_path / "cache 1", tmp_path / "cache 2"]
    for cache in caches:
        if (cache_directory() / "wheels").is_dir():
            shutil.copytree(cache_directory() / "wheels", cache / "wheels")
    one = environment(STRATA_CACHE_DIR=str(caches[0]), TZ="UTC", LC_ALL="C", PYTHONHASHSEED="1")
    other = environment(
        STRATA_CACHE_DIR=str(caches[1]),
        TZ="Asia/Kathmandu",
        LC_ALL="C.UTF-8",
        PYTHONHASHSEED="2",
        SOURCE_DATE_EPOCH="1",
    )
    for path in second.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (1, 1))
    for root, env, umask in ((first, one, 0o022), (second, other, 0o077)):
        done = inv("package", root=root, env=env, umask=umask)
        assert done.returncode == 0, done.stderr
    assert digests(first / "dist") == digests(second / "dist")
    assert (first / "dist/manifest.json").exists()


def test_equal_inputs_give_equal_bits(repository: Path, tmp_path: Path) -> None:
    """On another path, with another umask, time zone, locale, hash seed, file times, and an empty cache."""
    other = tmp_path / "another place with blanks" / "ünder"
    shutil.copytree(repository, other, symlinks=True)
    check_same_bits(repository, other, tmp_path)


def test_this_repository_gives_equal_bits(tmp_path: Path) -> None:
    """The real buildpacks, with vendored wheels and bytecode for every Python there is."""
    first = copy_repository(tmp_path / "a")
    check_same_bits(first, copy_repository(tmp_path / "some where else"), tmp_path)
    packaged = {one.id: one for one in DistManifest.read(first / "dist")}
    assert set(packaged) == {
        "strata/app-start", "strata/app-venv", "strata/pip-tool", "strata/poetry-tool", "strata/python",
        "strata/python-runtime", "strata/uv-tool",
    }  # fmt: skip
    assert set(packaged["strata/pip-tool"].bytecode) == set(installed_interpreters())


def test_stdout_is_data_and_stderr_is_progress(repository: Path, env: dict[str, str]) -> None:
    """A program reads paths; a person reads steps, a table and a command to go on with."""
    done = inv("package", "--id", "acme/all", root=repository, env=env)
    assert done.returncode == 0, done.stderr
    names = [
        "dist/acme_all-1.0.0-linux-amd64.cnb",
        "dist/acme_all-1.0.0.oci",
    ]
    assert done.stdout.splitlines() == names
    assert all((repository / name).exists() for name in names)
    assert "[1/4] acme/one@1.0.0" in done.stderr
    assert "Try it: pack build" in done.stderr
    again = inv("package", root=repository, env=env)
    assert again.stderr.count("up to date in") == 4


def test_build_names_the_folders(repository: Path, env: dict[str, str]) -> None:
    """One a line, with the launchers executable."""
    done = inv("build", root=repository, env=env)
    assert sorted(done.stdout.splitlines()) == [
        "build/acme_all",
        "build/acme_one",
        "build/acme_three",
        "build/acme_two",
    ]
    assert os.access(repository / "build/acme_one/bin/detect", os.X_OK)


def test_a_run_that_is_killed_leaves_whole_packages(repository: Path, tmp_path: Path) -> None:
    """Killed after any line of progress: what has its final name is whole; the next run does the rest."""
    env = environment(STRATA_CACHE_DIR=str(tmp_path / "cache"))
    assert inv("package", root=repository, env=env).returncode == 0
    whole = digests(repository / "dist")
    for line_number in range(1, 9):
        shutil.rmtree(repository / "dist")
        with subprocess.Popen(
            [*INV, "package"],
            cwd=repository,
            env=env,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as task:
            assert task.stderr is not None
            for _ in range(line_number):
                task.stderr.readline()
            task.send_signal(signal.SIGKILL)
        left = {name: digest for name, digest in digests(repository / "dist").items() if _is_final(name)}
        assert left.items() <= whole.items(), f"killed after line {line_number}"
        assert all(one.is_intact(repository / "dist") for one in DistManifest.read(repository / "dist"))
        assert inv("package", root=repository, env=env).returncode == 0
        assert digests(repository / "dist") == whole


def _is_final(name: str) -> bool:
    """Everything but the manifest, which grows, and what has not got its final name yet."""
    return not name.startswith(".staging/") and name != "manifest.json"


def test_a_disk_that_is_full_leaves_nothing_half_written(repository: Path, env: dict[str, str]) -> None:
    """The system refuses to write further in the middle of a file: one clear line, old packages untouched."""
    assert inv("package", root=repository, env=env).returncode == 0
    before = digests(repository / "dist")
    write(repository / "buildpacks/one/data/big", "".join(f"{number}\n" for number in range(400_000)))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, 1 << 19))

    done = subprocess.run(
        [*INV, "package"],
        cwd=repository,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )
    assert done.returncode == FAILED
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("Error:")]
    assert "file too large" in error
    assert "Traceback" not in done.stderr
    assert digests(repository / "dist") == before


def test_two_runs_at_once_take_turns(repository: Path, env: dict[str, str]) -> None:
    """Both succeed; one of them waits and says so, or finds everything up to date."""
    runs = [
        subprocess.Popen(
            [*INV, "package"],
            cwd=repository,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    errors = [run.communicate()[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], errors
    assert sum(text.count("up to date in") for text in errors) == 8, "each buildpack is packaged once"
    assert all(one.is_intact(repository / "dist") for one in DistManifest.read(repository / "dist"))


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ("toml", CHECK_FAILED, "buildpacks/one/buildpack.toml:"),
        ("missing", CHECK_FAILED, "buildpacks/one/detect: this directory is missing"),
        ("syntax", FAILED, "a module does not compile with Python"),
        ("order", CHECK_FAILED, "buildpacks/all/buildpack.toml:"),
        ("dist", FAILED, "dist: file exists"),
    ],
)
def test_bad_input_is_one_clear_error(
    repository: Path, env: dict[str, str], change: str, code: int, message: str
) -> None:
    """With the file, an exit code, no traceback and no data on stdout."""
    one = repository / "buildpacks/one"
    if change == "toml":
        write(one / "buildpack.toml", "[buildpack\n")
    elif change == "missing":
        shutil.rmtree(one / "detect")
    elif change == "syntax":
        write(one / "src/sample/build.py", "def build(:\n")
    elif change == "order":
        composite(repository, "acme/all", ["acme/four"])
    else:
        write(repository / "dist", "a file")
    done = inv("package", root=repository, env=env)
    assert (done.returncode, done.stdout) == (code, "")
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("Error:")]
    assert message in error
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--id", "acme/none"], ["--target", "linux"], ["--target", "linux/s390x"], ["--interpreter", "x"]],
)
def test_wrong_options(repository: Path, env: dict[str, str], arguments: list[str]) -> None:
    """A usage error, before anything is written."""
    done = inv("package", *arguments, root=repository, env=env)
    assert done.returncode == USAGE, done.stderr
    assert not (repository / "dist").exists()


@pytest.mark.needs("skopeo")
def test_skopeo_reads_what_we_write(repository: Path, env: dict[str, str]) -> None:
    """A tool of others finds the image in a `.cnb` file, and all of them in a layout."""
    assert inv("package", root=repository, env=env).returncode == 0

    def inspect(*arguments: str) -> dict[str, object]:
        done = subprocess.run(["skopeo", "inspect", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        content: dict[str, object] = json.loads(done.stdout)
        return content

    for one in DistManifest.read(repository / "dist"):
        (image,) = one.images
        file = repository / "dist" / image.file
        found = inspect(f"oci-archive:{file}")
        assert (found["Digest"], found["Architecture"], found["Os"]) == (image.digest, "amd64", "linux")
        assert found["Layers"] == [layer.digest for layer in image.layers]
        index = inspect("--raw", f"oci:{repository / 'dist' / one.layout}:{one.version}")
        assert [child["digest"] for child in index["manifests"]] == [image.digest]  # type: ignore[attr-defined]
        config = inspect("--config", f"oci:{repository / 'dist' / one.layout}")
        assert config["rootfs"]["diff_ids"] == [layer.diff_id for layer in image.layers]  # type: ignore[index]
