"""Publishing while things fail: every request in turn, kill -9, others at the same time.

After each fault a second run brings the registry to the state that an undisturbed run leaves, and at no
moment does a tag point to something incomplete.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ConflictError, ReleaseError
from oci_registry.remote.retry import RetryPolicy
from oci_registry.remote.wire import ConnectionOptions
from oci_registry.testing.faulty import FaultyRegistry, InjectedFault
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.registry_contents import MemoryStore
from support.packaging import INV, environment, inv
from support.publishing import agreed, another, make_repository, pack, publication, unproven_tags, written
from support.sample_repository import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oci_registry.testing.loopback import Received, Response

ROOT = Path(__file__).parents[2]
SHORT, LONG = ConnectionOptions(read_timeout=0.6), ConnectionOptions()
ONE_TRY = RetryPolicy(attempts=1)
KILLS = 6
SEED = 20261111


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two components and a composite, packaged, with the real tasks."""
    root = make_repository(tmp_path_factory.mktemp("packed") / "repository")
    write(root / "tasks.py", (ROOT / "tasks.py").read_text("utf-8"))
    return pack(root)


@pytest.fixture(scope="module", params=[True, False], ids=["referrers", "older"])
def has_referrers(request: pytest.FixtureRequest) -> bool:
    """Whether the registry knows referrers, which documents are stored as, and takes small blobs whole."""
    return bool(request.param)


@pytest.fixture(scope="module")
def faultless(packed: Path, has_referrers: bool) -> tuple[object, int]:
    """What an undisturbed run leaves, and how many requests it takes."""
    with MemoryRegistry(referrers=has_referrers, whole_blobs=has_referrers) as registry:
        publication(packed, registry.host).publish(agreed)
        return registry.store.state(), len(registry.requests)


@pytest.fixture
def registry(has_referrers: bool) -> Iterator[MemoryRegistry]:
    """A registry that does not check references, so that the order is the merit of the publisher alone."""
    with MemoryRegistry(
        enforce_references=False, referrers=has_referrers, whole_blobs=has_referrers
    ) as registry:
        yield registry


@pytest.fixture
def problems() -> list[str]:
    """What was ever seen missing below a tag."""
    return []


@pytest.fixture
def faulty(registry: MemoryRegistry, problems: list[str]) -> Iterator[FaultyRegistry]:
    """A proxy in front of it that looks for problems after each request."""

    def watch() -> None:
        problems.extend(registry.store.incomplete_tags())
        problems.extend(unproven_tags(registry.store))

    with FaultyRegistry(registry, slow=1.0, watch=watch) as faulty:
        yield faulty


FAULTS = list(InjectedFault)


def test_a_fault_at_every_request_in_turn(
    packed: Path,
    faultless: tuple[object, int],
    registry: MemoryRegistry,
    faulty: FaultyRegistry,
    problems: list[str],
) -> None:
    """Each request is struck, by one kind of fault after the other; there is no second try within a run."""
    state, count = faultless
    for at in range(count):
        fault = FAULTS[at % len(FAULTS)]
        registry.store = MemoryStore(enforce_references=False)
        faulty.arm(fault, at=at)
        with suppress(ReleaseError):
            # Only what is struck may take too long: a time-out of another request would come before it.
            options = SHORT if fault is InjectedFault.SLOW else LONG
            publication(packed, faulty.host, options=options, policy=ONE_TRY).publish(agreed)
        struck = [one.fault for one in faulty.requests[at:]]
        # On a busy machine another request may take too long before it, which is a fault as well.
        assert struck[:1] == [fault] or (fault is InjectedFault.SLOW and not struck)
        publication(packed, registry.host).publish(agreed)
        assert registry.store.state() == state, f"{fault.name} at request {at}"
        assert problems == [], f"{fault.name} at request {at}"


def test_a_registry_that_goes_away_at_every_request_in_turn(
    packed: Path, faultless: tuple[object, int], registry: MemoryRegistry, faulty: FaultyRegistry
) -> None:
    """From then on nothing works. What had arrived is not pushed again, and the versions come last."""
    state, count = faultless
    for at in range(count):
        registry.store = MemoryStore(enforce_references=False)
        faulty.arm(InjectedFault.RESET_BEFORE, at=at, on=True)
        with pytest.raises(ReleaseError):
            publication(packed, faulty.host, policy=ONE_TRY).publish(agreed)
        check_resume(packed, registry, state)


def check_resume(root: Path, registry: MemoryRegistry, state: object) -> None:
    """Publish again, and look that nothing is written that was there already."""
    before = registry.store.state()
    assert registry.store.incomplete_tags() == []
    assert unproven_tags(registry.store) == []
    registry.requests.clear()
    publication(root, registry.host).publish(agreed)
    assert registry.store.state() == state
    again = written(registry.requests)
    for name, (blobs, manifests, tags) in before.items():
        for digest in blobs:
            assert not [one for one in again if name in one and f"sha256%3A{digest[7:]}" in one]
        # The index under a fallback tag is written for each document; no other tag is written again.
        versions = [tag for tag, _ in tags if not tag.startswith("sha256-")]
        for target in (*manifests, *versions):
            assert f"PUT /v2/{name}/manifests/{target}" not in again


class Deadly(MemoryRegistry):
    """A registry that kills a process when a request comes in, before or after handling it."""

    def __init__(self, at: int, *, after: bool, referrers: bool = True) -> None:
        super().__init__(referrers=referrers, whole_blobs=referrers)
        self._at, self._after = at, after
        self._lock = threading.Lock()
        self._count = 0
        self.process: subprocess.Popen[str] | None = None
        self.started = threading.Event()

    def answer(self, request: Received) -> Response:
        self.started.wait(60)
        with self._lock:
            strikes = self._count == self._at
            self._count += 1
        if strikes and not self._after:
            self._kill()
        response = super().answer(request)
        if strikes and self._after:
            self._kill()
        return response

    def _kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def publish_to(registry: Deadly, root: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the real task, which the registry strikes."""
    with subprocess.Popen(
        [*INV, "publish", "--to", f"{registry.host}/acme", "--yes"],
        cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as task:  # fmt: skip
        registry.process = task
        registry.started.set()
        out, err = task.communicate(timeout=120)
    return subprocess.CompletedProcess(task.args, task.returncode, out, err)


def moments(count: int) -> Iterator[tuple[int, bool]]:
    """Choose moments, spread over the run: in each part of it a random one."""
    chance = random.Random(SEED)
    for part in range(KILLS):
        at = chance.randrange(part * count // KILLS, (part + 1) * count // KILLS)
        yield at, chance.random() < 0.5


def test_kill_9_at_random_moments(
    packed: Path, faultless: tuple[object, int], has_referrers: bool, tmp_path: Path
) -> None:
    """The real task, with its real uploads in parallel; the next run completes it and repeats nothing."""
    state, count = faultless
    env = environment(HOME=str(tmp_path), STRATA_CACHE_DIR=str(tmp_path / "cache"))
    for at, after in moments(count):
        with Deadly(at, after=after, referrers=has_referrers) as registry:
            task = publish_to(registry, packed, env)
            assert task.returncode == -signal.SIGKILL, f"at request {at} of {count}: {task.stderr}"
            check_resume(packed, registry, state)


def test_ctrl_c_says_so_and_leaves_nothing_half(packed: Path, tmp_path: Path) -> None:
    """Interrupted in the middle of an upload."""
    env = environment(HOME=str(tmp_path), STRATA_CACHE_DIR=str(tmp_path / "cache"))

    class Interrupting(Deadly):
        def _kill(self) -> None:
            assert self.process is not None
            os.kill(self.process.pid, signal.SIGINT)
            threading.Event().wait(0.5)

    with Interrupting(40, after=False) as registry:
        task = publish_to(registry, packed, env)
        assert (task.returncode, task.stdout) == (130, "")
        assert task.stderr.endswith("Error: interrupted\n")
        assert "Traceback" not in task.stderr
        assert registry.store.incomplete_tags() == []
        assert inv("publish", "--to", f"{registry.host}/acme", "--yes", root=packed, env=env).returncode == 0


def test_two_publishers_at_once(packed: Path, has_referrers: bool, tmp_path: Path) -> None:
    """Of the same content: both succeed. Of other content: at least one is told of the conflict."""
    with MemoryRegistry(referrers=has_referrers) as registry:
        assert run_at_once(registry, packed, packed) == [None, None]
        assert registry.store.incomplete_tags() == []
        assert unproven_tags(registry.store) == []
        assert publication(packed, registry.host).plan().is_done
    changed = another(packed, tmp_path / "changed", readme="changed\n")
    with MemoryRegistry(referrers=has_referrers) as registry:
        outcomes = run_at_once(registry, packed, changed)
        assert any(isinstance(outcome, ConflictError) for outcome in outcomes), outcomes
        assert registry.store.incomplete_tags() == []


def run_at_once(registry: MemoryRegistry, *roots: Path) -> list[Exception | None]:
    outcomes: list[Exception | None] = [None] * len(roots)
    together = threading.Barrier(len(roots))

    def agree(_plan: object) -> None:
        together.wait(60)

    def publish(number: int, root: Path) -> None:
        try:
            publication(root, registry.host).publish(agree)
        except ReleaseError as error:
            outcomes[number] = error

    threads = [threading.Thread(target=publish, args=one) for one in enumerate(roots)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return outcomes
