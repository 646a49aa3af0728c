"""The HTTP session: proxies from the environment, and every certificate authority the build image trusts."""

from __future__ import annotations

import io
import ssl
from typing import TYPE_CHECKING, Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from buildpack_api.bindings import CA_CERTIFICATES, find_bindings
from buildpack_api.errors import ConfigurationError
from buildpack_common.http_pace import paced_pools

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buildpack_api.bindings import Binding


class _Adapter(HTTPAdapter):
    """Uses our TLS context and paced connections, directly and through proxies."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._pools = paced_pools(urllib3.HTTPConnectionPool, urllib3.HTTPSConnectionPool)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  (as the base class has it)
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401
        manager = super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        """Send, and drop the body of a redirect: the session would read, and unpack, all of it."""
        response = super().send(*args, **kwargs)
        if response.is_redirect:
            response.close()
            response.raw = io.BytesIO()
        return response


def new_session(bindings: Iterable[Binding]) -> requests.Session:
    """Return a session that honours HTTP(S)_PROXY, NO_PROXY, .netrc, SSL_CERT_FILE and SSL_CERT_DIR.

    It trusts the authorities of the build image, those of ca-certificates bindings, and those that come with
    requests (for images without any). Raises ConfigurationError for a binding that holds no certificate.
    """
    context = ssl.create_default_context()
    for binding in find_bindings(bindings, CA_CERTIFICATES):
        for name in binding.secrets:
            _trust(context, binding, name)
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(context))
    return session


def _trust(context: ssl.SSLContext, binding: Binding, name: str) -> None:
    try:
        context.load_verify_locations(cadata=binding.read(name).decode("ascii", errors="replace"))
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError(
            f"{name!r} in the ca-certificates binding {binding.name!r} is not a certificate",
            advice="It must hold one or more certificates in PEM format.",
        ) from error
