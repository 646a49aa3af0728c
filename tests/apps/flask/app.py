"""A small Flask app: a page from a template, and what the process knows about its Python."""

from __future__ import annotations

import platform
import sys

import markupsafe._speedups
from flask import Flask, Response, jsonify, render_template

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return render_template("index.html", version=platform.python_version(), prefix=sys.prefix)


@app.get("/runtime")
def runtime() -> Response:
    return jsonify(
        version=platform.python_version(),
        executable=sys.executable,
        path=sys.path,
        compiled=markupsafe._speedups.__file__,
    )
