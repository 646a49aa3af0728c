"""A server on loopback that answers what a test says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oci_registry.testing.loopback import LoopbackServer, Received, Response

if TYPE_CHECKING:
    from collections.abc import Callable


class ScriptedServer(LoopbackServer):
    """Answers with a function; `requests` is what came, but for the first look at `/v2/`."""

    def __init__(self, script: Callable[[Received], Response]) -> None:
        super().__init__()
        self._script = script
        self.requests: list[Received] = []

    def answer(self, request: Received) -> Response:
        if request.target == "/v2/":
            return Response(200)
        self.requests.append(request)
        return self._script(request)


def in_turn(*responses: Response) -> Callable[[Received], Response]:
    """Return a script that answers each request with the next response, and then with the last one."""
    waiting = list(responses)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]
