# ruff: noqa: E501 (the files of apps stand on one line)
"""Apps of the shapes that real projects have: files, what is installed, and what has to start.

The shapes are those of the samples and projects that people give to buildpacks; the code is our own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WSGI = "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef hello():\n    return 'Hello'\n"
ASGI = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef hello():\n    return 'Hello'\n"
MANAGE = """
import os, sys
def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
if __name__ == "__main__":
    main()
"""
DJANGO_WSGI = (
    "import os\nfrom django.core.wsgi import get_wsgi_application\n"
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{settings}')\napplication = get_wsgi_application()\n"
)
SETTINGS = "SECRET_KEY = 'x'\nALLOWED_HOSTS = ['*']\nROOT_URLCONF = 'urls'\n"
DJANGO_ASGI = DJANGO_WSGI.replace("wsgi", "asgi")


@dataclass(frozen=True)
class Shape:
    """An app. ``starts`` is the default process as people read it, '' if none may start by itself.

    ``processes`` are the others by type. ``said`` are words of the build, ``silent`` are none of them. ``directory`` is where it runs.
    """

    files: Mapping[str, str]
    installed: tuple[str, ...] = ()
    starts: str = ""
    processes: Mapping[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    directory: str = ""
    type: str = "web"
    scripts: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def django(top: str = "", settings: str = "shop.settings", **more: str) -> dict[str, str]:
    """Return the files of a project as `django-admin startproject` makes it."""
    package = settings.replace(".", "/").rpartition("/")[0]
    return {
        f"{top}manage.py": MANAGE.format(settings=settings),
        f"{top}urls.py": "urlpatterns = []\n",
        f"{top}{package}/__init__.py": "",
        f"{top}{settings.replace('.', '/')}.py": f"{SETTINGS}WSGI_APPLICATION = '{package.replace('/', '.')}.wsgi.application'\n",
        f"{top}{package}/wsgi.py": DJANGO_WSGI.format(settings=settings),
        f"{top}{package}/asgi.py": DJANGO_ASGI.format(settings=settings),
        **{f"{top}{name}": text for name, text in more.items()},
    }


UVICORN = 'uvicorn --host 0.0.0.0 --port "$PORT"'
STREAMLIT = 'streamlit run --server.headless true --server.address 0.0.0.0 --server.port "$PORT"'
PROJECT = '[project]\nname = "shop"\nversion = "1.0"\n[project.scripts]\n{scripts}'

SHAPES: Mapping[str, Shape] = {
    # Flask
    "flask, main.py": Shape({"main.py": WSGI}, ("flask", "gunicorn"), "gunicorn main:app"),
    "flask, app.py with its own server": Shape(
        {"app.py": WSGI + "if __name__ == '__main__':\n    app.run(debug=True)\n"},
        ("flask", "gunicorn"),
        "gunicorn app:app",
        said=(
            "web (default) gunicorn app:app (app.py line 2 has app = Flask(...); gunicorn 1.0 is installed)",
        ),
    ),
    "flask, a file of any name": Shape({"hello.py": WSGI}, ("flask", "gunicorn"), "gunicorn hello:app"),
    "flask, factory in a package": Shape(
        {
            "shop/__init__.py": "from flask import Flask\ndef create_app(config=None):\n    app = Flask(__name__)\n    return app\n"
        },
        ("flask", "gunicorn"),
        "gunicorn shop:create_app()",
    ),
    "flask, wsgi.py calls the factory": Shape(
        {
            "shop/__init__.py": "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n    return app\n",
            "wsgi.py": "from shop import create_app\napplication = create_app()\n",
        },
        ("flask", "gunicorn"),
        "gunicorn wsgi:application",
    ),
    "flask, one file passes another's app on": Shape(
        {"app/__init__.py": WSGI, "microblog.py": "from app import app, models\n", "app/models.py": ""},
        ("flask", "gunicorn"),
        "gunicorn microblog:app",
    ),
    "flask, main.py adds to the app of app.py": Shape(
        {
            "app.py": WSGI,
            "views.py": "from app import app\n",
            "main.py": "from app import app\nimport views\n",
        },
        ("flask", "gunicorn"),
        "gunicorn main:app",
    ),
    "flask, .flaskenv": Shape(
        {
            ".flaskenv": "FLASK_APP=shop.web:make\n",
            "shop/web.py": WSGI.replace("app = ", "make = ").replace("@app", "@make"),
            "app.py": WSGI,
        },
        ("flask", "gunicorn"),
        "gunicorn shop.web:make",
        said=("FLASK_APP in .flaskenv is shop.web:make;",),
    ),
    "flask, FLASK_APP of the build": Shape(
        {"one.py": WSGI, "two.py": WSGI},
        ("flask", "waitress"),
        'waitress-serve --host 0.0.0.0 --port "$PORT" two:app',
        variables={"FLASK_APP": "two.py"},
    ),
    "flask, FLASK_APP names a function of any name": Shape(
        {
            "shop/factory.py": "from flask import Flask\ndef make_shop(debug=False):\n    return Flask('shop')\n"
        },
        ("flask", "gunicorn"),
        "gunicorn shop.factory:make_shop()",
        variables={"FLASK_APP": "shop.factory:make_shop"},
    ),
    "flask, FLASK_APP names what is not there": Shape(
        {"app.py": WSGI},
        ("flask", "gunicorn"),
        variables={"FLASK_APP": "app:shop"},
        said=("FLASK_APP is app:shop, but no such app is seen in app.py.",),
    ),
    "flask, runs as soon as it is imported": Shape(
        {"app.py": WSGI + "app.run()\n"},
        ("flask", "gunicorn"),
        said=(
            "app.py line 2 has app = Flask(...), but it serves itself as soon as it is imported: put that",
        ),
    ),
    "flask, runs as soon as it is imported, from a package": Shape(
        {"app/__init__.py": WSGI, "run.py": "from app import app\napp.run()\n", "tools/mock.py": WSGI},
        ("flask", "gunicorn"),
        "gunicorn app:app",
    ),
    "flask, made by its program": Shape(
        {
            "app/__init__.py": "from flask import Flask\ndef create_app(config):\n    return Flask('x')\n",
            "main.py": "from app import create_app\nif __name__ == '__main__':\n    app = create_app('x')\n    app.run(host='0.0.0.0')\n",
        },
        ("flask", "gunicorn"),
        said=("but no server finds the app of line 3: make it above the main guard.",),
    ),
    "flask, class of its own in another file": Shape(
        {
            "core/app.py": "from flask import Flask\nclass Base(Flask):\n    pass\nclass Shop(Base):\n    pass\n",
            "core/__init__.py": "",
            "main.py": "from core.app import Shop\napp = Shop(__name__)\n",
        },
        ("flask", "gunicorn"),
        "gunicorn main:app",
    ),
    "flask, a class derived from itself": Shape(
        {"main.py": "class Shop(Shop):\n    pass\napp = Shop()\n"},
        ("flask", "gunicorn"),
        said=("This image starts nothing by itself",),
    ),
    "flask, runs for everybody as soon as it is imported": Shape(
        {"app.py": "import os\n" + WSGI + "app.run(os.getenv('HOST', '0.0.0.0'), os.environ['PORT'])\n"},
        ("flask", "gunicorn"),
        "python app.py",
    ),
    "flask, given to a server by the program": Shape(
        {
            "shop.py": WSGI
            + "from gevent.pywsgi import WSGIServer\nif __name__ == '__main__':\n    WSGIServer(('', 5000), app).serve_forever()\n"
        },
        ("flask", "gunicorn"),
        "gunicorn shop:app",
    ),
    "flask with socket.io": Shape(
        {
            "app.py": WSGI
            + "from flask_socketio import SocketIO\nio = SocketIO(app)\nif __name__ == '__main__':\n    io.run(app)\n"
        },
        ("flask", "flask-socketio", "gunicorn"),
        "gunicorn --threads 100 app:app",
    ),
    "flask, uwsgi from wheels": Shape(
        {"wsgi.py": WSGI},
        ("flask", "pyuwsgi"),
        'uwsgi --http-socket "0.0.0.0:$PORT" --master --die-on-term --module wsgi:app',
    ),
    "flask, class of its own": Shape(
        {"app.py": "import flask\nclass Shop(flask.Flask):\n    pass\napp = Shop(__name__)\n"},
        ("flask", "gunicorn"),
        "gunicorn app:app",
    ),
    "flask, middleware around it": Shape(
        {
            "app.py": WSGI
            + "from werkzeug.middleware.proxy_fix import ProxyFix\napp.wsgi_app = ProxyFix(app.wsgi_app)\n"
            "application = ProxyFix(app)\n"
        },
        ("flask", "gunicorn"),
        "gunicorn app:app",
    ),
    "flask, no server": Shape(
        {"app.py": WSGI},
        ("flask",),
        said=("no server for Flask is installed: add gunicorn to what the app requires",),
    ),
    "flask, no server, its own for everybody": Shape(
        {
            "main.py": "import os\n" + WSGI + "if __name__ == '__main__':\n"
            "    app.run(host='0.0.0.0', port=int(os.environ.get('PORT', 8080)))\n"
        },
        ("flask",),
        "python main.py",
        said=("is for development",),
    ),
    "flask, no server, its own for nobody": Shape(
        {"main.py": WSGI + "if __name__ == '__main__':\n    app.run(host='127.0.0.1', port=8080)\n"},
        ("flask",),
        said=("add gunicorn",),
    ),
    "flask, not installed": Shape(
        {"app.py": WSGI}, ("gunicorn",), said=("Flask is not installed: add flask",)
    ),
    "flask, two apps": Shape(
        {"app.py": WSGI, "server.py": WSGI},
        ("flask", "gunicorn"),
        said=("Several things may be meant", "gunicorn app:app", "gunicorn server:app", "BP_START_COMMAND"),
    ),
    "flask, an app in tests": Shape(
        {"main.py": WSGI, "tests/app.py": WSGI, "test_app.py": WSGI, "examples/app.py": WSGI},
        ("flask", "gunicorn"),
        "gunicorn main:app",
    ),
    "flask, only in a try": Shape(
        {
            "app.py": "try:\n    import simplejson\nexcept ImportError:\n    pass\nfrom flask import Flask\nif True:\n    app = Flask('x')\n"
        },
        ("flask", "gunicorn"),
        "gunicorn app:app",
    ),
    "gunicorn.conf.py names the app": Shape(
        {"gunicorn.conf.py": "wsgi_app = 'shop:app'\nworkers = 2\n", "shop.py": WSGI, "other.py": WSGI},
        ("flask", "gunicorn"),
        "gunicorn",
        said=("gunicorn.conf.py has wsgi_app = 'shop:app'",),
    ),
    "gunicorn.conf.py binds elsewhere": Shape(
        {"gunicorn.conf.py": "bind = '127.0.0.1:5000'\n", "app.py": WSGI},
        ("flask", "gunicorn"),
        "gunicorn --bind 0.0.0.0:$PORT app:app",
    ),
    # FastAPI, Starlette and others of their kind
    "fastapi, main.py": Shape({"main.py": ASGI}, ("fastapi", "uvicorn"), f"{UVICORN} main:app"),
    "fastapi, app package without __init__": Shape(
        {"app/main.py": "from app.db import x\n" + ASGI, "app/db.py": "x = 1\n"},
        ("fastapi", "uvicorn"),
        f"{UVICORN} app.main:app",
    ),
    "fastapi, app package with relative imports": Shape(
        {"app/__init__.py": "", "app/main.py": "from .db import x\n" + ASGI, "app/db.py": "x = 1\n"},
        ("fastapi", "uvicorn"),
        f"{UVICORN} app.main:app",
    ),
    "fastapi, backend folder": Shape(
        {
            "backend/app/__init__.py": "",
            "backend/app/main.py": "from app.db import x\n" + ASGI,
            "backend/app/db.py": "x = 1\n",
            "frontend/package.json": "{}",
        },
        ("fastapi", "uvicorn"),
        f"{UVICORN} app.main:app",
        directory="backend",
    ),
    "fastapi, folder whose files import each other": Shape(
        {"api/main.py": "from db import x\n" + ASGI, "api/db.py": "x = 1\n"},
        ("fastapi", "uvicorn"),
        f"{UVICORN} main:app",
        directory="api",
    ),
    "fastapi, src/main.py": Shape(
        {"src/main.py": ASGI}, ("fastapi", "uvicorn"), f"{UVICORN} main:app", directory="src"
    ),
    "fastapi, src package": Shape(
        {"src/__init__.py": "", "src/main.py": "from src.db import x\n" + ASGI, "src/db.py": "x = 1\n"},
        ("fastapi", "uvicorn"),
        f"{UVICORN} src.main:app",
    ),
    "fastapi, runs itself": Shape(
        {
            "main.py": ASGI
            + "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('main:app', port=8000, reload=True)\n"
        },
        ("fastapi", "uvicorn"),
        f"{UVICORN} main:app",
    ),
    "fastapi, factory": Shape(
        {"main.py": "from fastapi import FastAPI\ndef create_app() -> FastAPI:\n    return FastAPI()\n"},
        ("fastapi", "uvicorn"),
        f"{UVICORN} --factory main:create_app",
    ),
    "fastapi, [tool.fastapi]": Shape(
        {
            "pyproject.toml": '[tool.fastapi]\nentrypoint = "shop.api:service"\n',
            "main.py": ASGI,
            "shop/api.py": "from fastapi import FastAPI\nservice = FastAPI()\n",
        },
        ("fastapi", "uvicorn"),
        f"{UVICORN} shop.api:service",
        said=("[tool.fastapi] entrypoint is shop.api:service",),
    ),
    "fastapi, mounted in another": Shape(
        {
            "main.py": "from fastapi import FastAPI\nv1 = FastAPI()\nservice = FastAPI()\nservice.mount('/v1', v1)\n"
        },
        ("fastapi", "uvicorn"),
        f"{UVICORN} main:service",
    ),
    "fastapi, two apps in a file": Shape(
        {"main.py": "from fastapi import FastAPI\none = FastAPI()\ntwo = FastAPI()\n"},
        ("fastapi", "uvicorn"),
        said=("Several things may be meant", "main:one", "main:two"),
    ),
    "fastapi, gunicorn with uvicorn's worker": Shape(
        {"main.py": ASGI},
        ("fastapi", "gunicorn", "uvicorn", "uvicorn-worker"),
        "gunicorn --worker-class uvicorn_worker.UvicornWorker main:app",
    ),
    "fastapi, gunicorn and uvicorn": Shape(
        {"main.py": ASGI}, ("fastapi", "gunicorn", "uvicorn"), f"{UVICORN} main:app"
    ),
    "fastapi, only gunicorn": Shape(
        {"main.py": ASGI}, ("fastapi", "gunicorn==25.0"), "gunicorn --worker-class asgi main:app"
    ),
    "fastapi, only an old gunicorn": Shape(
        {"main.py": ASGI}, ("fastapi", "gunicorn==22.0"), said=("add uvicorn",)
    ),
    "fastapi, granian": Shape(
        {"main.py": ASGI},
        ("fastapi", "granian"),
        'granian --interface asgi --host 0.0.0.0 --port "$PORT" main:app',
    ),
    "starlette, hypercorn": Shape(
        {"app.py": "from starlette.applications import Starlette\napp = Starlette()\n"},
        ("starlette", "hypercorn"),
        'hypercorn --bind "0.0.0.0:$PORT" app:app',
    ),
    "litestar": Shape(
        {
            "app.py": "from litestar import Litestar, get\n@get('/')\nasync def hi() -> str:\n    return ''\napp = Litestar([hi])\n"
        },
        ("litestar", "uvicorn"),
        f"{UVICORN} app:app",
    ),
    "quart, hypercorn, no uvicorn": Shape(
        {"app.py": "from quart import Quart\napp = Quart(__name__)\n"},
        ("quart", "hypercorn"),
        'hypercorn --bind "0.0.0.0:$PORT" app:app',
    ),
    "sanic": Shape(
        {
            "server.py": "from sanic import Sanic\nfrom sanic.response import text\napp = Sanic('shop')\n@app.get('/')\nasync def hi(request):\n    return text('')\n"
        },
        ("sanic",),
        'sanic --single-process --host 0.0.0.0 --port "$PORT" server:app',
    ),
    "aiohttp, gunicorn": Shape(
        {"main.py": "from aiohttp import web\nasync def create_app():\n    return web.Application()\n"},
        ("aiohttp", "gunicorn"),
        "gunicorn --worker-class aiohttp.GunicornWebWorker main:create_app",
    ),
    "aiohttp, runs itself at $PORT": Shape(
        {
            "main.py": "import os\nfrom aiohttp import web\napp = web.Application()\nif __name__ == '__main__':\n"
            "    web.run_app(app, port=int(os.environ['PORT']))\n"
        },
        ("aiohttp",),
        "python main.py",
    ),
    "bottle": Shape(
        {
            "app.py": "import bottle\napp = bottle.default_app()\n@bottle.route('/')\ndef hi():\n    return ''\n"
        },
        ("bottle", "gunicorn"),
        "gunicorn app:app",
    ),
    "bottle, runs for everybody": Shape(
        {
            "app.py": "import os\nfrom bottle import route, run\n@route('/')\ndef hi():\n    return ''\n"
            "run(host='0.0.0.0', port=int(os.environ.get('PORT', 5000)))\n"
        },
        ("bottle",),
        "python app.py",
    ),
    "bottle, runs for its own machine": Shape(
        {"hello.py": "from bottle import run\nrun(host='localhost', port=8080)\n"},
        ("bottle",),
        said=(
            "it listens to its own machine only: what others can reach has host='0.0.0.0' and port=int(os.environ['PORT']) in line 2.",
        ),
    ),
    "falcon": Shape(
        {"main.py": "import falcon\napp = falcon.App()\n"}, ("falcon", "gunicorn"), "gunicorn main:app"
    ),
    "falcon, two names": Shape(
        {
            "look/__init__.py": "",
            "look/app.py": "import falcon\nfrom .images import x\napp = application = falcon.App()\n",
            "look/images.py": "x = 1\n",
        },
        ("falcon", "gunicorn"),
        "gunicorn look.app:app",
    ),
    "falcon, given to the standard library's server": Shape(
        {
            "things.py": "from wsgiref.simple_server import make_server\nimport falcon\napp = falcon.App()\n"
            "if __name__ == '__main__':\n    with make_server('', 8000, app) as httpd:\n        httpd.serve_forever()\n"
        },
        ("falcon", "gunicorn"),
        "gunicorn things:app",
    ),
    "falcon, asgi": Shape(
        {"main.py": "import falcon.asgi\napp = falcon.asgi.App()\n"},
        ("falcon", "uvicorn"),
        f"{UVICORN} main:app",
    ),
    "dash with its server": Shape(
        {
            "app.py": "from dash import Dash\napp = Dash(__name__)\nfrom dash import html\napp.layout = html.Div('Hello')\nserver = app.server\n"
        },
        ("dash", "gunicorn"),
        "gunicorn app:server",
    ),
    "dash, which is a WSGI app itself": Shape(
        {
            "app.py": "from dash import Dash\napp = Dash()\nif __name__ == '__main__':\n    app.run(debug=True)\n"
        },
        ("dash==3.2.0", "gunicorn"),
        "gunicorn app:app",
    ),
    "dash, older": Shape(
        {
            "app.py": "from dash import Dash\napp = Dash()\nif __name__ == '__main__':\n    app.run(debug=True)\n"
        },
        ("dash==3.1.1", "gunicorn"),
        said=(
            "app.py line 2 has app = Dash(), but servers take its server: add 'server = app.server' below",
        ),
    ),
    "fasthtml": Shape(
        {
            "main.py": "from fasthtml.common import *\napp, rt = fast_app()\n@rt\ndef index():\n    return P('Hi')\nserve()\n"
        },
        ("python-fasthtml", "uvicorn"),
        f"{UVICORN} main:app",
    ),
    "pyramid, production.ini": Shape(
        {"production.ini": "[app:main]\nuse = egg:shop\n[server:main]\nlisten = localhost:6543\n"},
        ("pyramid", "pastedeploy", "gunicorn"),
        "gunicorn --paste production.ini --bind 0.0.0.0:$PORT",
    ),
    "pyramid, production.ini that is told the port": Shape(
        {"production.ini": "[app:main]\nuse = egg:shop\n[server:main]\nlisten = *:%(http_port)s\n"},
        ("pyramid", "pastedeploy", "waitress"),
        'pserve production.ini http_port="$PORT"',
        scripts=("pserve",),
    ),
    "pyramid, production.ini for its own machine": Shape(
        {"production.ini": "[app:main]\nuse = egg:shop\n[server:main]\nlisten = localhost:6543\n"},
        ("pyramid", "pastedeploy", "waitress"),
        said=("production.ini has [app:main], but no server", "add gunicorn to what the app requires."),
        scripts=("pserve",),
    ),
    # Django
    "django": Shape(
        django(),
        ("django", "gunicorn"),
        "gunicorn shop.wsgi:application",
        processes={"migrate": "python manage.py migrate --noinput"},
        said=(
            "manage.py has shop.settings, this WSGI_APPLICATION = shop.wsgi.application; gunicorn 1.0 is installed",
        ),
    ),
    "django below the top": Shape(
        django("backend/"),
        ("django", "gunicorn"),
        "gunicorn shop.wsgi:application",
        directory="backend",
        processes={"migrate": "python manage.py migrate --noinput"},
    ),
    "django, settings in a package": Shape(
        {
            **django(settings="config.settings.local"),
            "config/wsgi.py": DJANGO_WSGI.format(settings="config.settings.local"),
            "config/__init__.py": "",
            "config/settings/base.py": SETTINGS + "WSGI_APPLICATION = 'config.wsgi.application'\n",
            "config/settings/wsgi.py": "",
            "config/settings/local.py": "from .base import *\n",
        },
        ("django", "gunicorn"),
        "gunicorn config.wsgi:application",
        processes={"migrate": "python manage.py migrate --noinput"},
    ),
    "django, asgi only": Shape(
        {**django(), "shop/settings.py": SETTINGS + "ASGI_APPLICATION = 'shop.asgi.application'\n"},
        ("django", "daphne"),
        'daphne --bind 0.0.0.0 --port "$PORT" shop.asgi:application',
        processes={"migrate": "python manage.py migrate --noinput"},
    ),
    "django, uvicorn": Shape(
        django(),
        ("django", "uvicorn"),
        f"{UVICORN} shop.asgi:application",
        processes={"migrate": "python manage.py migrate --noinput"},
    ),
    "django, no server": Shape(
        django(),
        ("django",),
        processes={"migrate": "python manage.py migrate --noinput"},
        said=("add gunicorn",),
    ),
    "django with a worker": Shape(
        django(**{"shop/celery.py": "from celery import Celery\napp = Celery('shop')\n"}),
        ("django", "gunicorn", "celery"),
        "gunicorn shop.wsgi:application",
        processes={
            "migrate": "python manage.py migrate --noinput",
            "worker": "celery --app shop.celery:app worker",
        },
    ),
    # User interfaces
    "streamlit": Shape(
        {"streamlit_app.py": "import streamlit as st\n", "pages/one.py": "import streamlit as st\n"},
        ("streamlit",),
        f"{STREAMLIT} streamlit_app.py",
    ),
    "streamlit, a helper beside it": Shape(
        {"app.py": "import streamlit as st\n", "helper.py": "import streamlit as st\n"},
        ("streamlit",),
        f"{STREAMLIT} app.py",
    ),
    "streamlit, the only file": Shape(
        {"src/dashboard.py": "import streamlit as st\n"}, ("streamlit",), f"{STREAMLIT} src/dashboard.py"
    ),
    "streamlit somewhere, not installed": Shape(
        {"main.py": WSGI, "tools/report.py": "import streamlit as st\n"},
        ("flask", "gunicorn"),
        "gunicorn main:app",
    ),
    "streamlit, a name with a blank": Shape(
        {"My app.py": "import streamlit as st\n"}, ("streamlit",), f"{STREAMLIT} 'My app.py'"
    ),
    "streamlit and fastapi": Shape(
        {"main.py": ASGI, "ui.py": "import streamlit as st\n"},
        ("fastapi", "uvicorn", "streamlit"),
        said=("Several things may be meant", "main:app", "ui.py"),
    ),
    "gradio": Shape(
        {"app.py": "import gradio as gr\ndemo = gr.Interface(str, 'text', 'text')\ndemo.launch()\n"},
        ("gradio", "uvicorn", "fastapi"),
        'GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT="$PORT" python app.py',
    ),
    "gradio, at a port of its own": Shape(
        {"app.py": "import gradio as gr\ngr.Interface(str, 'text', 'text').launch(server_port=7860)\n"},
        ("gradio",),
        'GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT="$PORT" python app.py',
        said=("app.py listens at a port of its own, whatever $PORT is: leave server_port out.",),
    ),
    "panel": Shape(
        {"app.py": "import panel as pn\npn.panel('x').servable()\n"},
        ("panel",),
        'panel serve --address 0.0.0.0 --port "$PORT" app.py',
        said=("BOKEH_ALLOW_WS_ORIGIN",),
    ),
    "chainlit": Shape(
        {"app.py": "import chainlit as cl\n@cl.on_message\nasync def main(message):\n    pass\n"},
        ("chainlit",),
        'chainlit run --headless --host 0.0.0.0 --port "$PORT" app.py',
    ),
    "marimo": Shape(
        {"notebook.py": "import marimo\napp = marimo.App()\nif __name__ == '__main__':\n    app.run()\n"},
        ("marimo",),
        'marimo run --headless --host 0.0.0.0 --port "$PORT" notebook.py',
    ),
    "shiny": Shape(
        {"app.py": "from shiny import App, ui\napp = App(ui.page_fluid(), None)\n"},
        ("shiny", "uvicorn"),
        'shiny run --host 0.0.0.0 --port "$PORT" app.py',
    ),
    "shiny express": Shape(
        {"app.py": "from shiny.express import ui\nui.h1('Hello')\n"},
        ("shiny", "uvicorn"),
        'shiny run --host 0.0.0.0 --port "$PORT" app.py',
    ),
    "robyn": Shape(
        {"app.py": "from robyn import Robyn\napp = Robyn(__file__)\napp.start(port=8080)\n"},
        ("robyn",),
        'ROBYN_HOST=0.0.0.0 ROBYN_PORT="$PORT" python app.py',
    ),
    # Scripts
    "script called start": Shape(
        {
            "pyproject.toml": PROJECT.format(scripts='start = "shop.web:run"\n'),
            "src/shop/web.py": "def run():\n    pass\n",
        },
        (),
        "start",
        type="start",
        scripts=("start",),
    ),
    "script called start that serves the app to nobody": Shape(
        {
            "pyproject.toml": PROJECT.format(scripts='start = "main:run"\n'),
            "main.py": ASGI + "import uvicorn\ndef run():\n    uvicorn.run('main:app', reload=True)\n",
        },
        ("fastapi", "uvicorn"),
        f"{UVICORN} main:app",
        scripts=("start",),
    ),
    "script called start that serves the app to all": Shape(
        {
            "pyproject.toml": PROJECT.format(scripts='start = "main:run"\n'),
            "main.py": "import os\n"
            + ASGI
            + "import uvicorn\ndef run():\n    port = int(os.environ.get('PORT', 8080))\n"
            "    uvicorn.run(app, host='0.0.0.0', port=port)\n",
        },
        ("fastapi", "uvicorn"),
        "start",
        type="start",
        scripts=("start",),
    ),
    "the only script, of a server": Shape(
        {
            "pyproject.toml": PROJECT.format(scripts='shop-mcp = "shop:main"\n'),
            "src/shop/__init__.py": "def main():\n    pass\n",
        },
        ("mcp",),
        "shop-mcp",
        type="shop-mcp",
        scripts=("shop-mcp",),
    ),
    "the only script, of a command": Shape(
        {
            "pyproject.toml": PROJECT.format(scripts='shop = "shop:main"\n'),
            "src/shop/__init__.py": "def main():\n    pass\n",
        },
        ("click",),
        processes={"shop": "shop"},
        scripts=("shop",),
        said=("shop is there for whoever asks for it: pyproject.toml has the script shop = shop:main.",),
    ),
    "a script that is not installed": Shape(
        {"pyproject.toml": PROJECT.format(scripts='start = "main:run"\n'), "main.py": ASGI},
        ("fastapi", "uvicorn"),
        f"{UVICORN} main:app",
    ),
    "a script and a web app": Shape(
        {
            "pyproject.toml": PROJECT.format(scripts='shop = "shop.cli:main"\n'),
            "src/shop/cli.py": "def main():\n    pass\n",
            "main.py": ASGI,
        },
        ("fastapi", "uvicorn"),
        processes={"shop": "shop"},
        scripts=("shop",),
        said=("Several things may be meant", "main:app"),
    ),
    "poetry's scripts": Shape(
        {
            "pyproject.toml": '[tool.poetry.scripts]\nserve = "shop:run"\nextra = {reference = "x.py", type = "file"}\n',
            "shop.py": "",
        },
        (),
        "serve",
        type="serve",
        scripts=("serve",),
    ),
    # Programs
    "main guard": Shape(
        {"main.py": "def main():\n    pass\nif __name__ == '__main__':\n    main()\n"},
        (),
        "python main.py",
        type="main",
    ),
    "main.py that ends in main()": Shape(
        {"main.py": "def main():\n    pass\nmain()\n"}, (), "python main.py", type="main"
    ),
    "main.py that never ends": Shape(
        {"main.py": "import time\nwhile True:\n    time.sleep(5)\n"}, (), "python main.py", type="main"
    ),
    "main.py of a framework that nobody here knows": Shape(
        {"main.py": "from sharp import Sharp\napp = Sharp()\napp.include(1)\nsetup(app)\n"},
        ("uvicorn",),
        said=("This image starts nothing by itself",),
    ),
    "a program that another command runs": Shape(
        {"main.py": "from bokeh.plotting import curdoc\ncurdoc().add_root(1)\nprint('ready')\n"},
        ("bokeh",),
        said=("This image starts nothing by itself",),
    ),
    "a server of the standard library": Shape(
        {
            "main.py": "import os\nfrom http.server import HTTPServer, SimpleHTTPRequestHandler\nif __name__ == '__main__':\n"
            "    HTTPServer(('', int(os.environ['PORT'])), SimpleHTTPRequestHandler).serve_forever()\n"
        },
        (),
        "python main.py",
    ),
    "nicegui": Shape(
        {"main.py": "from nicegui import ui\nui.label('Hello')\nui.run()\n"},
        ("nicegui", "uvicorn"),
        "python main.py",
        said=(
            "main.py is not seen to listen at the port of $PORT: port=int(os.environ['PORT']) in line 3 would do.",
        ),
    ),
    "tornado at a port of its own": Shape(
        {
            "main.py": "import tornado\ndef main():\n    tornado.web.Application([]).listen(8888)\nif __name__ == '__main__':\n    main()\n"
        },
        ("tornado",),
        "python main.py",
        said=("main.py is not seen to listen at the port of $PORT: line 3 says another one.",),
    ),
    "a program that asks others over HTTP": Shape(
        {"main.py": "from http import HTTPStatus\nif __name__ == '__main__':\n    print(HTTPStatus.OK)\n"},
        (),
        "python main.py",
        type="main",
    ),
    "a bot without a guard": Shape(
        {"bot.py": "import discord\nclient = discord.Client(intents=None)\nclient.run('token')\n"},
        ("discord-py",),
        "python bot.py",
        type="main",
    ),
    "a bot with a page that keeps it alive, and a server": Shape(
        {"keep_alive.py": WSGI, "main.py": "from keep_alive import keep\nbot = object()\nbot.run('token')\n"},
        ("flask", "gunicorn"),
        said=("Several things may be meant", "gunicorn keep_alive:app", "python main.py"),
    ),
    "a bot with a page that keeps it alive, and no server": Shape(
        {"keep_alive.py": WSGI, "main.py": "from keep_alive import keep\nbot = object()\nbot.run('token')\n"},
        ("flask",),
        "python main.py",
        type="main",
    ),
    "a web app of any name that runs itself": Shape(
        {"hello.py": WSGI + "if __name__ == '__main__':\n    app.run(host='0.0.0.0', port=5000)\n"},
        ("flask", "gunicorn"),
        "gunicorn hello:app",
    ),
    "a tool with a web app somewhere": Shape(
        {"main.py": "if __name__ == '__main__':\n    print('work')\n", "tools/mock.py": WSGI},
        ("flask", "gunicorn"),
        said=("Several things may be meant", "tools.mock:app", "python main.py"),
    ),
    "__main__.py of a package": Shape(
        {"shop/__init__.py": "", "shop/__main__.py": "print('hi')\n"}, (), "python -m shop", type="main"
    ),
    "a command line": Shape(
        {
            "main.py": "import argparse\nif __name__ == '__main__':\n    argparse.ArgumentParser().parse_args()\n"
        },
        (),
        processes={"main": "python main.py"},
        said=("reads its command line (argparse)",),
    ),
    "two programs": Shape(
        {
            "one.py": "if __name__ == '__main__':\n    pass\n",
            "two.py": "if __name__ == '__main__':\n    pass\n",
        },
        (),
        said=("Several things may be meant", "python one.py", "python two.py"),
    ),
    "a worker alone": Shape(
        {"tasks/jobs.py": "from celery import Celery\napp = Celery()\napp.conf.beat_schedule = {}\n"},
        ("celery",),
        "celery --app tasks.jobs:app worker",
        type="worker",
        processes={"beat": "celery --app tasks.jobs:app beat --schedule /tmp/celerybeat-schedule"},
    ),
    "a worker in tasks.py": Shape(
        {"app.py": WSGI, "tasks.py": "from celery import Celery\ncelery = Celery('tasks')\n"},
        ("flask", "gunicorn", "celery"),
        "gunicorn app:app",
        processes={"worker": "celery --app tasks:celery worker"},
    ),
    "commands of invoke beside an app": Shape(
        {"app.py": WSGI, "tasks.py": "from invoke import task\n@task\ndef test(c):\n    c.run('pytest')\n"},
        ("flask", "gunicorn"),
        "gunicorn app:app",
    ),
    "rq": Shape(
        {"app.py": WSGI, "jobs.py": "from rq import Queue\n"},
        ("flask", "gunicorn", "rq"),
        "gunicorn app:app",
        processes={"worker": 'rq worker --url "${REDIS_URL:-redis://localhost:6379}"'},
    ),
    "a clock": Shape(
        {
            "clock.py": "from apscheduler.schedulers.blocking import BlockingScheduler\nBlockingScheduler().start()\n",
            "app.py": WSGI,
        },
        ("flask", "gunicorn", "apscheduler"),
        "gunicorn app:app",
        processes={"clock": "python clock.py"},
    ),
    "a function": Shape(
        {
            "main.py": "import functions_framework\n@functions_framework.http\ndef hello(request):\n    return 'Hello'\n"
        },
        ("functions-framework", "flask", "gunicorn"),
        "functions-framework --target hello",
    ),
    "two functions, one named": Shape(
        {
            "main.py": "import functions_framework\n@functions_framework.http\ndef one(r):\n    pass\n@functions_framework.http\ndef two(r):\n    return 'two'\n"
        },
        ("functions-framework",),
        "functions-framework --target two",
        variables={"GOOGLE_FUNCTION_TARGET": "two"},
    ),
    "a function without a decorator": Shape(
        {"main.py": "def hello(request):\n    return 'Hello'\n"},
        ("functions-framework",),
        said=("main.py has the functions hello, but GOOGLE_FUNCTION_TARGET does not say",),
    ),
    "a function in a file of its own": Shape(
        {"work.py": "def hello(request):\n    return 'Hello'\n"},
        ("functions-framework",),
        "functions-framework --source work.py --target hello",
        variables={"GOOGLE_FUNCTION_TARGET": "hello", "GOOGLE_FUNCTION_SOURCE": "work.py"},
    ),
    "agents": Shape(
        {
            "weather/__init__.py": "from . import agent\n",
            "weather/agent.py": "from google.adk.agents import Agent\nroot_agent = Agent(name='x')\n",
        },
        ("google-adk", "fastapi", "uvicorn"),
        'adk api_server --host 0.0.0.0 --port "$PORT"',
    ),
    "an agent without a directory": Shape(
        {"agent.py": "from google.adk.agents import Agent\nroot_agent = Agent(name='x')\n"},
        ("google-adk",),
        said=("its server takes each agent from a directory of its own: move it into one.",),
    ),
    "an agent without a directory beside an app": Shape(
        {"agent.py": "from google.adk.agents import Agent\nroot_agent = Agent(name='x')\n", "main.py": ASGI},
        ("google-adk", "fastapi", "uvicorn"),
        f"{UVICORN} main:app",
    ),
    "a program that uses a cloud": Shape(
        {
            "main.py": "from azure.identity import DefaultAzureCredential\nif __name__ == '__main__':\n    print(1)\n"
        },
        ("azure-identity",),
        "python main.py",
        type="main",
    ),
    "a bare wsgi function": Shape(
        {
            "main.py": "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'Hello']\n"
        },
        ("gunicorn",),
        "gunicorn main:app",
    ),
    "a bare asgi function": Shape(
        {"main.py": "async def app(scope, receive, send):\n    pass\n"}, ("uvicorn",), f"{UVICORN} main:app"
    ),
    "an mcp server with a package that can be run": Shape(
        {
            "pyproject.toml": PROJECT.format(scripts='mcp-shop = "mcp_shop:main"\n'),
            "src/mcp_shop/__init__.py": "def main():\n    pass\n",
            "src/mcp_shop/server.py": "from mcp.server.stdio import stdio_server\n",
            "src/mcp_shop/__main__.py": "from mcp_shop import main\nmain()\n",
        },
        ("mcp",),
        "mcp-shop",
        type="mcp-shop",
        scripts=("mcp-shop",),
        said=("mcp-shop talks over its standard input",),
    ),
    "an mcp server that listens": Shape(
        {
            "server.py": "import asyncio, os\nfrom fastmcp import FastMCP\nmcp = FastMCP('x')\nif __name__ == '__main__':\n"
            "    asyncio.run(mcp.run_async(transport='http', host='0.0.0.0', port=os.getenv('PORT', 8080)))\n"
        },
        ("fastmcp",),
        "python server.py",
    ),
    "an mcp server that listens to its own machine": Shape(
        {
            "server.py": "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\nif __name__ == '__main__':\n"
            "    mcp.run(transport='streamable-http')\n"
        },
        ("mcp", "uvicorn"),
        said=("it listens to its own machine only", "in line 4"),
    ),
    "an mcp server that listens, as it is made": Shape(
        {
            "server.py": "import os\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x', host='0.0.0.0', port=int(os.environ['PORT']))\n"
            "def main():\n    mcp.run(transport='streamable-http')\nif __name__ == '__main__':\n    main()\n"
        },
        ("mcp", "uvicorn"),
        "python server.py",
    ),
    "an mcp server that reads its standard input": Shape(
        {
            "server.py": "from fastmcp import FastMCP\nmcp = FastMCP('x')\nif __name__ == '__main__':\n    mcp.run()\n"
        },
        ("fastmcp", "uvicorn"),
        "python server.py",
        type="main",
        said=("server.py talks over its standard input, as far as is seen: docker run -i IMAGE.",),
    ),
    "fastmcp at a port of its own": Shape(
        {
            "server.py": "from fastmcp import FastMCP\nmcp = FastMCP('x')\nif __name__ == '__main__':\n"
            "    mcp.run(transport='http', host='127.0.0.1', port=4200, path='/tools')\n"
        },
        ("fastmcp", "mcp", "uvicorn"),
        'fastmcp run --no-banner --transport http --host 0.0.0.0 --port "$PORT" --path /tools server.py:mcp',
    ),
    "fastmcp as an ASGI app": Shape(
        {"app.py": "from fastmcp import FastMCP\nmcp = FastMCP('x')\napp = mcp.http_app()\n"},
        ("fastmcp", "mcp", "uvicorn"),
        f"{UVICORN} app:app",
    ),
    "a program that asks an mcp server": Shape(
        {"main.py": "from mcp import ClientSession\nif __name__ == '__main__':\n    print(1)\n"},
        ("mcp",),
        "python main.py",
        type="main",
        silent=("standard input",),
    ),
    # What others say
    "app.yaml": Shape(
        {
            "app.yaml": "runtime: python313\nentrypoint: gunicorn -b :$PORT shop:app  # comment\n",
            "shop.py": WSGI,
            "x.py": WSGI,
        },
        ("flask", "gunicorn"),
        "gunicorn -b :$PORT shop:app",
        said=("entrypoint in app.yaml",),
    ),
    "a Dockerfile": Shape(
        {"Dockerfile": 'FROM python\nCMD ["python", "-m", "shop.run"]\n', "shop/run.py": ""},
        (),
        said=("The Dockerfile starts 'python -m shop.run'",),
    ),
    "scrapy": Shape(
        {"scrapy.cfg": "[settings]\n", "shop/spiders/one.py": "import scrapy\n"},
        ("scrapy",),
        said=("It is a project of Scrapy",),
    ),
    "a notebook": Shape(
        {"my report.ipynb": "{}"},
        (),
        said=("my report.ipynb is a notebook", "--port=$PORT 'my report.ipynb'"),
    ),
    "nothing": Shape({"README.md": ""}, (), said=("This image starts nothing by itself",)),
    "a file that is no Python": Shape(
        {"app.py": "print 'old'\n", "main.py": WSGI}, ("flask", "gunicorn"), "gunicorn main:app"
    ),
    "relative imports that lead out of the app": Shape(
        {
            "__init__.py": "",
            "main.py": "from . import views\nfrom .. import x\n" + WSGI,
            "views.py": "from .main import app\n",
        },
        ("flask", "gunicorn"),
        "gunicorn main:app",
    ),
    "the app is a package itself": Shape(
        {
            "__init__.py": "from . import db\n",
            "db.py": "from . import main\nfrom ... import x\n",
            "main.py": WSGI,
        },
        ("flask", "gunicorn"),
        "gunicorn main:app",
    ),
    "modules that import each other": Shape(
        {
            "main.py": "from views import app\napp = app\n",
            "views.py": "from main import app\nfrom views import app as same\n",
        },
        ("flask", "gunicorn"),
        said=("This image starts nothing by itself",),
    ),
    "a factory that calls itself": Shape(
        {"main.py": "def create_app():\n    return create_app()\napp = create_app()\n"},
        ("flask", "gunicorn"),
        said=("This image starts nothing by itself",),
    ),
    "a hostile file": Shape(
        {"main.py": "raise SystemExit('imported!')\n" + WSGI, "ast.py": "raise SystemExit(1)\n"},
        ("flask", "gunicorn"),
        "gunicorn main:app",
    ),
}
