"""The rules: each looks for one kind of app, and returns what it has found with the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.rules import (
    adk,
    app_yaml,
    celery,
    chainlit,
    django,
    fastapi_table,
    fastmcp,
    flask_app,
    functions,
    gradio,
    gunicorn_conf,
    main_program,
    marimo,
    panel,
    paste,
    robyn,
    rq,
    scheduler,
    scripts,
    shiny,
    streamlit,
    web_app,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from app_start.inference.candidate import Candidate
    from app_start.inference.served import Findings

RULES: tuple[Callable[[Findings], list[Candidate]], ...] = (
    gunicorn_conf.find,
    flask_app.find,
    fastapi_table.find,
    app_yaml.find,
    scripts.find,
    django.find,
    web_app.find,
    paste.find,
    fastmcp.find,
    streamlit.find,
    gradio.find,
    panel.find,
    chainlit.find,
    shiny.find,
    marimo.find,
    robyn.find,
    functions.find,
    adk.find,
    main_program.find,
    celery.find,
    rq.find,
    scheduler.find,
)
"""All of them. What they find is held against each other afterwards, so that their order does not matter."""
