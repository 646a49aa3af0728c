"""Requests and their answers, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildpack_release.registration.registrar import RequestState
from buildpack_release.registration.registry_index import INDEX, WEB
from buildpack_release.text import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from buildpack_release.registration.registrar import RequestStatus

_TO_MAKE = (RequestState.MISSING, RequestState.UNKNOWN)


def requests_text(statuses: Sequence[RequestStatus]) -> str:
    """Return the requests that are to be made, to be opened by hand; nothing for the others."""
    texts = (
        f"{one.request.title}\n\n{one.request.body}\n\nOpen it: {one.request.page(WEB, INDEX)}\n"
        for one in statuses
        if one.state in _TO_MAKE and not one.problem
    )
    return "\n".join(texts)


def request_table(statuses: Sequence[RequestStatus]) -> str:
    """Return how things stand as a table, with the notes below it."""
    rows = [("BUILDPACK", "STATE", "REQUEST", "ADDRESS")]
    rows += [(str(one.request), one.state.value, one.url or "-", one.request.address) for one in statuses]
    return columns(rows) + "".join(f"{line}\n" for line in _notes(statuses))


def request_data(statuses: Sequence[RequestStatus]) -> list[dict[str, Any]]:
    """Return how things stand, and the requests."""
    return [
        {
            "id": one.request.id,
            "version": one.request.version,
            "address": one.request.address,
            "state": one.state.value,
            "issue": one.url,
            "note": one.note,
            "problem": one.problem,
            "title": one.request.title,
            "body": one.request.body,
            "open": "" if one.problem else one.request.page(WEB, INDEX),
        }
        for one in statuses
    ]


def _notes(statuses: Sequence[RequestStatus]) -> Iterator[str]:
    """Print each note once."""
    texts: dict[str, list[str]] = {}
    for one in statuses:
        for text in filter(None, (one.problem, one.note)):
            texts.setdefault(text, []).append(str(one.request))
    for text, names in texts.items():
        yield f"{', '.join(names)}: {text}"
