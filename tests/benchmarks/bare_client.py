"""Sends recorded requests to a registry with http.client alone, several images at once: nobody is faster.

A program: `bare_client.py HOST:PORT FILE JOBS`, where each line of FILE has the requests of one image.
"""

from __future__ import annotations

import base64
import http.client
import json
import sys
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

_ERROR = 400


def main(host: str, file: str, jobs: str) -> int:
    """Send all of it; return how many requests failed."""
    queue: SimpleQueue[str] = SimpleQueue()
    for line in Path(file).read_text("utf-8").splitlines():
        queue.put(line)
    failed: list[str] = []

    def work() -> None:
        connection = http.client.HTTPConnection(host)
        while True:
            try:
                requests = json.loads(queue.get_nowait())
            except Empty:
                return
            location = ""
            for one in requests:
                path = one["path"] or f"{location}{'&' if '?' in location else '?'}digest={one['upload']}"
                body = base64.b64decode(one["body"])
                connection.request(one["method"], path, body or None, one["headers"])
                answer = connection.getresponse()
                answer.read()
                place = urlsplit(answer.headers.get("Location", ""))
                location = f"{place.path}?{place.query}" if place.query else place.path
                if answer.status >= _ERROR:
                    failed.append(f"{one['method']} {path}: {answer.status}")

    threads = [threading.Thread(target=work) for _ in range(int(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stderr.writelines(f"{line}\n" for line in failed[:5])
    return min(len(failed), 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
