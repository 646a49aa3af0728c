"""A process in the app image (lifecycle: launch/launcher.go), without a container.

Only what is in the image is there: the layers directory holds the launch layers alone, as they were archived,
with the times of an image. Nothing of the build is left, at the same absolute paths.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from buildpack_api import toml
from buildpack_api.environment import launch_environment
from buildpack_common.files import remove
from buildpack_testing.archive import LAYER_TIME
from buildpack_testing.failure import LifecycleCode, PhaseError
from buildpack_testing.restore_phase import LeftLayers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from buildpack_testing.image_store import ImageRecord, ImageStore
    from buildpack_testing.workspace import ImageEnvironment, Workspace

    Stream = IO[bytes] | IO[str] | int | None

_STDERR = 2

_EXECUTABLE = (b"#!", b"\x7fELF")
"""How files begin that the kernel executes."""


@dataclass(frozen=True)
class ImageFileSystem:
    """The file system of a started image. variables are the container user's (docker run -e)."""

    workspace: Workspace
    base: ImageEnvironment
    image: ImageRecord
    variables: Mapping[str, str]

    @property
    def start_environment(self) -> dict[str, str]:
        """The variables of the container before the launcher: the run image's and the container user's."""
        start = {"PATH": self.base.run_path, "HOME": str(self.workspace.home), "HOSTNAME": "run"}
        return {**start, **self.base.run_environment, **self.variables}

    def environment(
        self, process_type: str | None = None, *, stdout: Stream = _STDERR, stderr: Stream = None
    ) -> dict[str, str]:
        """Return the environment that the launcher gives to a process of this type (None: to a command).

        What exec.d programs print goes to these streams. Raises PhaseError (82).
        """
        layers = list(self._layers())
        try:
            env = launch_environment(self.start_environment, layers, process_type)
        except OSError as error:
            title = f"the environment of a layer cannot be read: {error.filename}: {error.strerror}"
            raise PhaseError(LifecycleCode.LAUNCH, title) from error
        for buildpack in layers:
            for layer in buildpack:
                for program in _exec_d(layer, process_type):
                    env.update(self._run_exec_d(program, env, stdout, stderr))
        return env

    def command(self, process_type: str | None, arguments: Sequence[str] = ()) -> list[str]:
        """Return the command line of a process (None: the default one); arguments replace its own.

        Raises PhaseError (82) when there is no such process, or it has no command.
        """
        name = process_type or self.image.default_process
        process = self.image.process(name)
        if process is None:
            known = ", ".join(one.type for one in self.image.processes) or "none"
            raise PhaseError(
                LifecycleCode.LAUNCH, f"no process {name or '(default)'}", detail=f"There are: {known}."
            )
        if not process.command:
            raise PhaseError(LifecycleCode.LAUNCH, f"process {name} has no command")
        return [*process.command, *(arguments or process.args)]

    def directory(self, process_type: str | None) -> Path:
        """Return where a process starts: its own working directory, below the app if it is relative."""
        process = self.image.process(process_type) if process_type else None
        return self.workspace.app / (process.working_dir or "" if process else "")

    def run(
        self, command: Sequence[str], *, process_type: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command and return its code and output. With check, raises PhaseError for a failure."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            env = self.environment(process_type, stdout=out, stderr=err)
            code = subprocess.run(
                self._resolve(command, env, self.directory(process_type)),
                env=env,
                cwd=self.directory(process_type),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                check=False,
            ).returncode
            result = subprocess.CompletedProcess(list(command), code, _written(out), _written(err))
        if check and result.returncode:
            said = result.stdout + result.stderr
            raise PhaseError(
                LifecycleCode.LAUNCH, f"{command[0]} ended with {result.returncode}", output=said
            )
        return result

    def attach(
        self, command: Sequence[str], *, process_type: str | None = None, stdout: Stream = None
    ) -> int:
        """Run a command on this process's own streams and return its exit code (negative: a signal).

        stdout takes the place of this process's own.
        """
        env = self.environment(process_type, stdout=stdout)
        # The terminal tells the process about Ctrl-C too: it is for the process to end. (Not SIG_IGN: the
        # process would inherit it.)
        previous = signal.signal(signal.SIGINT, lambda _signal, _frame: None)
        try:
            return subprocess.run(
                self._resolve(command, env, self.directory(process_type)),
                env=env,
                cwd=self.directory(process_type),
                stdout=stdout,
                check=False,
            ).returncode
        finally:
            signal.signal(signal.SIGINT, previous)

    @contextmanager
    def start(
        self,
        command: Sequence[str],
        *,
        process_type: str | None = None,
        output: IO[str] | int | None = None,
    ) -> Iterator[subprocess.Popen[str]]:
        """Start a command; it is terminated, and after 10 seconds killed, when the block is left."""
        errors = subprocess.STDOUT if output is not None else None
        env = self.environment(process_type, stdout=output, stderr=errors)
        process = subprocess.Popen(
            self._resolve(command, env, self.directory(process_type)),
            env=env,
            cwd=self.directory(process_type),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                stop(process)

    def _layers(self) -> Iterator[list[Path]]:
        for buildpack in self.image.buildpacks:
            directory = self.workspace.layers / buildpack.id.replace("/", "_")
            yield [directory / layer.name for layer in sorted(buildpack.layers, key=lambda layer: layer.name)]

    def _resolve(self, command: Sequence[str], env: Mapping[str, str], directory: Path) -> list[str]:
        """Return the command line with the program's path.

        A relative one is looked for below the app, and executed below the working directory: it has to be in
        both (lifecycle: launch/launcher.go).
        """
        program = command[0]
        if not directory.is_dir():
            raise PhaseError(LifecycleCode.LAUNCH, f"the working directory {directory} is not in the image")
        if "/" not in program:
            candidates = [shutil.which(program, path=env.get("PATH", "")) or ""]
        else:
            candidates = [str(self.workspace.app / program), str(directory / program)]
        if not all(os.access(one, os.X_OK) for one in candidates):
            raise PhaseError(LifecycleCode.LAUNCH, f"{command[0]} is not a program in the image")
        return [candidates[-1], *command[1:]]

    def _run_exec_d(
        self, program: Path, env: Mapping[str, str], stdout: Stream, stderr: Stream
    ) -> dict[str, str]:
        """Run an exec.d program: it writes variables as TOML to file descriptor 3."""
        if not program.read_bytes()[:4].startswith(_EXECUTABLE):  # which a shell would run all the same
            raise PhaseError(
                LifecycleCode.LAUNCH, f"exec.d program {program} is neither a binary nor has it #!"
            )
        with tempfile.TemporaryDirectory(prefix="strata-exec-d-") as scratch:
            written = Path(scratch) / "fd3.toml"
            result = subprocess.run(
                ["/bin/sh", "-c", 'exec "$0" 3>"$1"', program, written],
                env=dict(env),
                cwd=self.workspace.app,
                stdout=stdout,
                stderr=stderr,
                check=False,
            )
            values = _variables(written) if result.returncode == 0 else None
        if values is None:
            raise PhaseError(LifecycleCode.LAUNCH, f"exec.d program {program} failed ({result.returncode})")
        return values


def open_container(
    workspace: Workspace, store: ImageStore, base: ImageEnvironment, variables: Mapping[str, str]
) -> ImageFileSystem:
    """Replace layers and app in the workspace by those of the image. Raises PhaseError when there is none.

    A layer that is there as it was archived stays.
    """
    image = store.image()
    if image is None:
        raise PhaseError(LifecycleCode.LAUNCH, "there is no image yet", detail="Build the app first.")
    left = LeftLayers.set_aside(workspace)
    workspace.layers.mkdir()
    for buildpack in image.buildpacks:
        for layer in buildpack.layers:
            (workspace.layers / buildpack.id.replace("/", "_")).mkdir(exist_ok=True)
            left.bring(workspace, store, buildpack.id, layer, time=LAYER_TIME)
    left.remove_rest(workspace)
    remove(workspace.app)
    store.extract(image.app, workspace.root, time=LAYER_TIME)
    return ImageFileSystem(workspace, base, image, dict(variables))


def stop(process: subprocess.Popen[str], *, patience: float = 10.0) -> int:
    """Send SIGTERM, after patience (seconds) SIGKILL; return the exit code."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def _written(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _variables(written: Path) -> dict[str, str] | None:
    """Read what an exec.d program has written; None if it is not TOML, or holds anything but strings."""
    try:
        values = toml.load(written)
    except toml.TomlError:
        return None
    return values if all(isinstance(value, str) for value in values.values()) else None


def _exec_d(layer: Path, process_type: str | None) -> Iterator[Path]:
    for directory in [layer / "exec.d", *([layer / "exec.d" / process_type] if process_type else [])]:
        if directory.is_dir():
            yield from (path for path in sorted(directory.iterdir()) if path.is_file())
