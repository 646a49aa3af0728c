"""A small Flask app for uv: a lock of it is made where there is an index."""

from __future__ import annotations

import platform

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return f"Python {platform.python_version()}, installed with uv\n"
