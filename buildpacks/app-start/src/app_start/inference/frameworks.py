"""Web frameworks: the classes that make an app, and what a server is to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Interface(Enum):
    """What a server calls: WSGI (PEP 3333), ASGI, or something of the framework's own."""

    WSGI = "wsgi"
    ASGI = "asgi"
    AIOHTTP = "aiohttp"
    SANIC = "sanic"
    NONE = ""
    """Nothing that a server could call: Dash, whose ``server`` is."""


@dataclass(frozen=True)
class Framework:
    """A framework: ``distribution`` is what has to be installed (normalised)."""

    name: str
    distribution: str
    interface: Interface


_FLASK = Framework("Flask", "flask", Interface.WSGI)
_FASTAPI = Framework("FastAPI", "fastapi", Interface.ASGI)
_FALCON = Framework("Falcon", "falcon", Interface.WSGI)
_BOTTLE = Framework("Bottle", "bottle", Interface.WSGI)
_CONNEXION = Framework("Connexion", "connexion", Interface.ASGI)
_SANIC = Framework("Sanic", "sanic", Interface.SANIC)
_FASTHTML = Framework("FastHTML", "python-fasthtml", Interface.ASGI)
DASH = Framework("Dash", "dash", Interface.NONE)
DASH_SERVER = Framework("Dash", "dash", Interface.WSGI)
DJANGO_WSGI = Framework("Django", "django", Interface.WSGI)
DJANGO_ASGI = Framework("Django", "django", Interface.ASGI)
BARE_WSGI = Framework("WSGI", "", Interface.WSGI)
BARE_ASGI = Framework("ASGI", "", Interface.ASGI)
"""A function that is itself the app."""
_MCP = Framework("MCP", "mcp", Interface.ASGI)

MADE_BY_METHOD = {
    "make_wsgi_app": Framework("Pyramid", "pyramid", Interface.WSGI),
    "http_app": _MCP,
    "streamable_http_app": _MCP,
    "sse_app": _MCP,
}
"""By the name of a method that makes an app, whatever it is a method of."""

FRAMEWORKS = {
    "flask.Flask": _FLASK,
    "flask.app.Flask": _FLASK,
    "apiflask.APIFlask": Framework("APIFlask", "apiflask", Interface.WSGI),
    "flask_openapi3.OpenAPI": Framework("Flask-OpenAPI3", "flask-openapi3", Interface.WSGI),
    "fastapi.FastAPI": _FASTAPI,
    "fastapi.applications.FastAPI": _FASTAPI,
    "starlette.applications.Starlette": Framework("Starlette", "starlette", Interface.ASGI),
    "litestar.Litestar": Framework("Litestar", "litestar", Interface.ASGI),
    "litestar.app.Litestar": Framework("Litestar", "litestar", Interface.ASGI),
    "quart.Quart": Framework("Quart", "quart", Interface.ASGI),
    "sanic.Sanic": _SANIC,
    "sanic.app.Sanic": _SANIC,
    "aiohttp.web.Application": Framework("aiohttp", "aiohttp", Interface.AIOHTTP),
    "bottle.Bottle": _BOTTLE,
    "bottle.default_app": _BOTTLE,
    "bottle.app": _BOTTLE,
    "falcon.App": _FALCON,
    "falcon.API": _FALCON,
    "falcon.asgi.App": Framework("Falcon", "falcon", Interface.ASGI),
    "dash.Dash": DASH,
    "dash.dash.Dash": DASH,
    "blacksheep.Application": Framework("BlackSheep", "blacksheep", Interface.ASGI),
    "connexion.AsyncApp": _CONNEXION,
    "connexion.FlaskApp": _CONNEXION,
    "connexion.App": _CONNEXION,
    "fasthtml.common.FastHTML": _FASTHTML,
    "fasthtml.common.fast_app": _FASTHTML,
    "esmerald.Esmerald": Framework("Esmerald", "esmerald", Interface.ASGI),
    "eve.Eve": Framework("Eve", "eve", Interface.WSGI),
    "quart_trio.QuartTrio": Framework("Quart", "quart", Interface.ASGI),
    "ravyn.Ravyn": Framework("Ravyn", "ravyn", Interface.ASGI),
    "starlite.Starlite": Framework("Starlite", "starlite", Interface.ASGI),
    "socketio.ASGIApp": Framework("Socket.IO", "python-socketio", Interface.ASGI),
    "socketio.WSGIApp": Framework("Socket.IO", "python-socketio", Interface.WSGI),
    "django.core.wsgi.get_wsgi_application": DJANGO_WSGI,
    "django.core.asgi.get_asgi_application": DJANGO_ASGI,
    "channels.routing.ProtocolTypeRouter": DJANGO_ASGI,
}
"""By the dotted name of what is called."""

TO_ASGI = frozenset({"asgiref.wsgi.WsgiToAsgi", "a2wsgi.WSGIMiddleware"})
"""What makes an ASGI app of a WSGI one."""

USUAL_NAMES = ("app", "application", "server", "asgi", "wsgi", "api")
"""What apps are called, the likeliest first."""
FACTORIES = (
    "create_app", "make_app", "get_app", "create_application", "build_app", "app_factory", "create_api",
    "init_app",
)  # fmt: skip
"""What functions that return an app are called."""
