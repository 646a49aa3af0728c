"""A small Flask app that Poetry has locked."""

from __future__ import annotations

import platform

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return f"Python {platform.python_version()}, installed with Poetry\n"
