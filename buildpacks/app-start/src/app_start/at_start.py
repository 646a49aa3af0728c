"""An exec.d program (Buildpack API 0.10, 'exec.d'): what only the running container knows about a server.

It stands alone in the layer, below a line with the place of Python and above one that calls `at_start`.
Whatever goes wrong it says nothing and ends with 0: a failing program here keeps the process from starting.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROOT = "/"
_SHARED_MEMORY = "/dev/shm"  # noqa: S108  (where a file is memory: the heartbeat of gunicorn's workers)
_WORKER = 256 << 20  # bytes: what a worker of an ordinary app takes
_MOST = 12  # gunicorn's own documentation: 4 to 12 processes handle thousands of requests a second
_UNLIMITED = 1 << 60  # bytes; cgroup v1 says so with the greatest number that it has
_ANSWER = 3


def at_start(*, workers: bool, gunicorn: bool, control_socket: bool) -> None:
    """Tell the launcher the number of workers, and where gunicorn may write. Never raises."""
    for question in (
        _workers if workers else None,
        _gunicorn(control_socket=control_socket) if gunicorn else None,
    ):
        try:
            if question is not None:
                os.write(_ANSWER, question().encode())
        except Exception:  # noqa: BLE001, S110  (see above)
            pass


def _workers() -> str:
    """Return WEB_CONCURRENCY, unless it is set, or nothing limits the container."""
    if os.environ.get("WEB_CONCURRENCY"):
        return ""
    number = workers_for(cpu_limit(_ROOT), memory_limit(_ROOT), len(os.sched_getaffinity(0)))
    return _assignment("WEB_CONCURRENCY", str(number)) if number else ""


def workers_for(cpus: float | None, memory: int | None, available: int) -> int:
    """Return the number of workers for limits in CPUs and bytes (None: no limit), 0 if there is neither."""
    if cpus is None and memory is None:
        return 0
    by_cpu = int(2 * (available if cpus is None else min(cpus, available))) + 1
    by_memory = _MOST if memory is None else memory // _WORKER
    return max(1, min(by_cpu, by_memory, _MOST))


def cpu_limit(root: str) -> float | None:
    """Return the least limit in CPUs (cgroup v2 `cpu.max`, v1 `cpu.cfs_quota_us`); None: there is none."""
    found = []
    for directory in _directories(root, "cpu"):
        quota, _, period = _read(directory + "/cpu.max").partition(" ")
        if not quota:
            quota, period = _read(directory + "/cpu.cfs_quota_us"), _read(directory + "/cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal() and int(period):
            found.append(int(quota) / int(period))
    return min(found) if found else None


def memory_limit(root: str) -> int | None:
    """Return the least limit in bytes (v2 `memory.max`, v1 `memory.limit_in_bytes`); None: there is none."""
    found = []
    for directory in _directories(root, "memory"):
        text = _read(directory + "/memory.max") or _read(directory + "/memory.limit_in_bytes")
        if text.isdecimal() and int(text) < _UNLIMITED:
            found.append(int(text))
    return min(found) if found else None


def _directories(root: str, controller: str) -> "Iterator[str]":
    """Return where a controller's limits are: of this process's group and of all above it."""
    base = root + "sys/fs/cgroup"
    for line in _read(root + "proc/self/cgroup").split("\n"):
        _, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if names and controller not in names.split(","):
            continue
        top = base + "/" + controller if names else base
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for length in range(len(parts) + 1):
            yield "/".join([top, *parts[:length]])


def _read(path: str) -> str:
    try:
        with open(path) as file:  # noqa: PTH123  (pathlib takes longer to load than all this to run)
            return file.read(100_000).strip()
    except (OSError, ValueError):
        return ""


def _gunicorn(*, control_socket: bool) -> "Callable[[], str]":
    """Return a question for gunicorn's options; those of the user come after ours, and so count."""

    def options() -> str:
        given = os.environ.get("GUNICORN_CMD_ARGS", "")
        ours = []
        if os.access(_SHARED_MEMORY, os.W_OK | os.X_OK):
            ours.append("--worker-tmp-dir " + _SHARED_MEMORY)
        if control_socket:
            ours.append("--no-control-socket")
        ours = [one for one in ours if one.partition(" ")[0].replace("no-", "") not in given]
        return _assignment("GUNICORN_CMD_ARGS", " ".join([*ours, given]).strip()) if ours else ""

    return options


def _assignment(name: str, value: str) -> str:
    """Return a line of TOML. Raises ValueError for what does not fit on one."""
    if not value.isprintable():
        raise ValueError(name)
    return name + ' = "' + value.replace("\\", "\\\\").replace('"', '\\"') + '"\n'
