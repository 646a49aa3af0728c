"""The list of a registry's repositories (Docker Registry HTTP API V2, 'Catalog').

The OCI specification has no such list. Most registries that people run themselves have it; hosted ones often
refuse it, or show it to administrators alone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from buildpack_common.parsing import parse_json
from oci_registry.errors import RegistryError
from oci_registry.reference import is_repository
from oci_registry.remote.paging import pages
from oci_registry.remote.scope import CATALOG

if TYPE_CHECKING:
    from oci_registry.remote.response import Reply
    from oci_registry.remote.transport import Transport

_OK = 200
_MOST_NAMES = 500_000
_LIST_LIMIT = 16 * 1024 * 1024


def repositories(transport: Transport) -> tuple[str, ...]:
    """List the repositories of a registry, in its order.

    Raises RegistryError: the registry has no such list or does not show it to us (NotFoundError,
    AccessDeniedError), or answers nonsense.
    """
    what, found = f"the list of repositories of {transport.registry}", dict[str, None]()
    for reply in pages(transport, "/v2/_catalog", partial(_ask, transport), what=what):
        found.update(dict.fromkeys(_names(reply)))
        if len(found) > _MOST_NAMES:
            raise RegistryError(f"{what} does not end")
    return tuple(found)


def _ask(transport: Transport, url: str) -> Reply:
    return transport.request("GET", url, expect={_OK}, scopes=CATALOG, limit=_LIST_LIMIT)


def _names(reply: Reply) -> list[str]:
    try:
        names = parse_json(reply.body).get("repositories") or []
        return [name for name in names if isinstance(name, str) and is_repository(name)]
    except (ValueError, AttributeError, TypeError):
        raise RegistryError("the list of repositories is not what a registry answers") from None
