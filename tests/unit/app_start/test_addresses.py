"""A line that only its own container can reach is named; nobody is warned of one that is right."""

from __future__ import annotations

import pytest

from app_start.addresses import unreachable


@pytest.mark.parametrize(
    ("line", "lacking"),
    [
        ("gunicorn --bind 127.0.0.1:$PORT app", "another address than 127.0.0.1, such as 0.0.0.0"),
        ("gunicorn -b localhost:8000 app", "another address than localhost, such as 0.0.0.0"),
        ("uvicorn app:app --host=127.0.0.1", "another address than 127.0.0.1, such as 0.0.0.0"),
        ("uvicorn app:app --port $PORT", "--host 0.0.0.0"),
        ("cd x && uvicorn app:app", "--host 0.0.0.0"),
        ("hypercorn app:app", "--bind 0.0.0.0:$PORT"),
        ("daphne -p $PORT app:app", "--bind 0.0.0.0"),
        ("flask run", "--host 0.0.0.0"),
        ("python manage.py runserver", "0.0.0.0:$PORT"),
    ],
)
def test_what_nobody_else_can_reach(line: str, lacking: str) -> None:
    assert unreachable(line) == lacking


@pytest.mark.parametrize(
    "line",
    [
        "gunicorn app:app",
        "gunicorn -b :$PORT app",
        "gunicorn -k uvicorn.workers.UvicornWorker app:app",
        "uvicorn app:app --host 0.0.0.0 --port $PORT",
        "uvicorn app:app --uds /tmp/socket",
        "hypercorn -b 0.0.0.0:$PORT app",
        "hypercorn -c config.toml app",
        "daphne -b 0.0.0.0 -p $PORT app:app",
        "daphne -e tcp:port=$PORT:interface=0.0.0.0 app:app",
        "flask run -h 0.0.0.0",
        "python manage.py runserver 0.0.0.0:$PORT",
        "waitress-serve app:app",
        "python app.py --db localhost",
        "celery -A x worker",
        "psql -h localhost",
    ],
)
def test_what_is_right_or_no_server(line: str) -> None:
    assert unreachable(line) == ""
