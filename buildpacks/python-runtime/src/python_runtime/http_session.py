"""The HTTP session: proxies from the environment, and every certificate authority the build image trusts."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from buildpack_api.bindings import find_bindings
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buildpack_api.bindings import Binding


class _TrustingAdapter(HTTPAdapter):
    """Uses our TLS context, on direct connections and through proxies."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  (as the base class has it)
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401
        return super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)


def new_session(bindings: Iterable[Binding]) -> requests.Session:
    """Return a session that honours HTTP(S)_PROXY, NO_PROXY, .netrc, SSL_CERT_FILE and SSL_CERT_DIR.

    It trusts the authorities of the build image, those of ca-certificates bindings, and those that come with
    requests (for images without any). Raises ConfigurationError for a binding that holds no certificate.
    """
    context = ssl.create_default_context()
    for binding in find_bindings(bindings, "ca-certificates"):
        for name in binding.secrets:
            _trust(context, binding, name)
    session = requests.Session()
    session.mount("https://", _TrustingAdapter(context))
    return session


def _trust(context: ssl.SSLContext, binding: Binding, name: str) -> None:
    try:
        context.load_verify_locations(cadata=binding.read(name).decode("ascii", errors="replace"))
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError(
            f"{name!r} in the ca-certificates binding {binding.name!r} is not a certificate",
            advice="It must hold one or more certificates in PEM format.",
        ) from error
