"""Django's static files, collected while the image is built (Django documentation, 'collectstatic').

They go where the settings say, which is into the app's directory, and so into the image. This is done by the
app's own manage.py, with the app's own variables, on every build: the app may have changed though what it
requires has not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_venv.environment.venv import has_distribution
from app_venv.settings import COLLECTSTATIC, DISABLE_COLLECTSTATIC, StaticMode
from buildpack_api.commands import run_with_tail
from buildpack_api.errors import BuildpackError, CommandFailed, ConfigurationError
from buildpack_common.parsing import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from buildpack_api.output import Output

MANAGE = "manage.py"
"""The program of a Django project."""
_ANSWER = "strata-static-files: "
_WITHOUT = (
    "Static files are not collected, so pages of the running app have no style sheets, scripts and images, "
    "unless they are served from somewhere else."
)
_SHOWN = 40  # lines of a traceback
# os.environ; django-environ ("Set the X environment variable") and python-decouple ("X not found.").
_VARIABLE = re.compile(
    r"KeyError: '([A-Z][A-Z0-9_]+)'|(?<![\w.])([A-Z][A-Z0-9_]+) (?:environment variable|not found\.)"
)
_MODULE = re.compile(r"No module named '([\w.]+)'")
# Without making the storage: one with a manifest would read it at once.
_QUESTION = f"""
import json
from django.apps import apps
from django.conf import settings
answer = {{"app": apps.is_installed("django.contrib.staticfiles"), "local": True, "root": ""}}
if answer["app"]:
    from django.core.files.storage import FileSystemStorage
    from django.utils.module_loading import import_string
    chosen = getattr(settings, "STORAGES", {{}}).get("staticfiles", {{}})
    backend = chosen.get("BACKEND") or settings.STATICFILES_STORAGE
    answer["local"] = issubclass(import_string(backend), FileSystemStorage)
    answer["root"] = str(settings.STATIC_ROOT or chosen.get("OPTIONS", {{}}).get("location") or "")
print({_ANSWER!r} + json.dumps(answer))
"""


@dataclass(frozen=True)
class Project:
    """A Django project: its top directory, the Python with its packages, and the app's environment."""

    directory: Path
    python: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Collected:
    """What came of it, for people, and the directory that files were put into, if it is a directory."""

    text: str = ""
    directory: Path | None = None


@dataclass(frozen=True)
class _Settings:
    """``app``: django.contrib.staticfiles is installed; ``local``: files, not some storage in a network."""

    app: bool
    local: bool
    root: str


def app_environment(environment: Mapping[str, str], venv: Path) -> dict[str, str]:
    """Return the environment of a program of the app at build: the user's variables, and its packages.

    It writes no byte code: that would lie in the image, and be valid there for nothing.
    """
    path = environment.get("PATH", "")
    return {
        **environment,
        "PATH": f"{venv / 'bin'}:{path}" if path else str(venv / "bin"),
        "VIRTUAL_ENV": str(venv),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }


def collect_static(project: Project, site_packages: Path, mode: StaticMode, output: Output) -> Collected:
    """Collect if that is wanted and possible; return where the files are, or why there are none.

    Raises BuildpackError if Django fails to collect, and for ``on`` also if there is nothing to be done.
    Settings that cannot be read, for want of a password for instance, are a warning otherwise.
    """
    missing = _missing(project.directory, site_packages)
    if mode is StaticMode.OFF:
        if not missing:
            names = f"{COLLECTSTATIC.name} or {DISABLE_COLLECTSTATIC.name}"
            output.step(f"Static files are not collected: {names} says so")
        return Collected()
    if missing:
        return _skip(missing, mode, output)
    try:
        found = _ask(project, output)
    except CommandFailed as error:
        if mode is StaticMode.ON:
            raise
        output.warning(error.title, f"{_WITHOUT}\n{error.advice}")
        return Collected("not collected: Django's settings cannot be read (see the warning above)")
    missing = _not_configured(found)
    if missing:
        return _skip(missing, mode, output)
    output.step("Collecting Django's static files")
    code, tail = run_with_tail(
        _command(project, "collectstatic", "--noinput"), env=project.environment, cwd=project.directory
    )
    if code != 0:
        raise _failed("Django's collectstatic failed", project, code, tail)
    return _place(found, project.directory, output)


def _missing(app_dir: Path, site_packages: Path) -> str:
    if not (app_dir / MANAGE).is_file():
        below = sorted(path.parent.relative_to(app_dir) for path in _below(app_dir))
        if below:
            return f"{MANAGE} is in {below[0]}/, not in the app's top directory"
        return f"there is no {MANAGE} in {app_dir}"
    if not has_distribution(site_packages, "django"):
        return "Django is not among the requirements"
    return ""


def _below(app_dir: Path) -> Iterator[Path]:
    for pattern in (f"*/{MANAGE}", f"*/*/{MANAGE}"):
        yield from (path for path in app_dir.glob(pattern) if path.is_file())


def _ask(project: Project, output: Output) -> _Settings:
    command = _command(project, "shell", "-v", "0", "-c", _QUESTION)
    code, tail = run_with_tail(command, env=project.environment, cwd=project.directory, echo=False)
    answers = [line.removeprefix(_ANSWER) for line in tail.splitlines() if line.startswith(_ANSWER)]
    if code != 0 or not answers:
        for line in tail.splitlines()[-_SHOWN:]:
            output.detail(line)
        raise _failed("Django's settings cannot be read", project, code, tail)
    try:
        return _Settings(**parse_json(answers[-1]))
    except (ValueError, TypeError) as error:  # the app's own code prints there, too
        raise _failed("Django's settings cannot be read", project, code, tail) from error


def _not_configured(found: _Settings) -> str:
    if not found.app:
        return "django.contrib.staticfiles is not in INSTALLED_APPS"
    return "" if found.root or not found.local else "STATIC_ROOT is not set"


def _skip(missing: str, mode: StaticMode, output: Output) -> Collected:
    if mode is StaticMode.ON:
        raise ConfigurationError(
            f"Static files cannot be collected: {missing}",
            detail=f"{COLLECTSTATIC.name}=on asks for it.",
            advice="Without that variable they are collected if manage.py, Django and STATIC_ROOT are there.",
        )
    output.step(f"Static files are not collected: {missing}")
    return Collected(f"not collected: {missing}")


def _place(found: _Settings, app_dir: Path, output: Output) -> Collected:
    if not found.local:
        return Collected("collected into the storage that the settings name")
    root = app_dir / found.root
    if not root.resolve().is_relative_to(app_dir.resolve()):
        output.warning(
            f"The static files are not in the image: STATIC_ROOT is {root}",
            f"Only the app's directory, {app_dir}, comes into the image. Let STATIC_ROOT be in it, for "
            'instance BASE_DIR / "staticfiles".',
        )
    return Collected(f"collected into {root}", root)


def _command(project: Project, *arguments: str) -> tuple[str, ...]:
    return (str(project.python), MANAGE, *arguments)


def _failed(title: str, project: Project, code: int, tail: str) -> BuildpackError:
    last = next((line.strip() for line in reversed(tail.splitlines()) if line.strip()), "")
    return CommandFailed(
        f"{title}: {last}" if last else title,
        command=_command(project),
        returncode=code,
        detail=f"manage.py ended with exit code {code}; what it said is above.",
        advice=f"{advice_on(last)} {COLLECTSTATIC.name}=off switches it off.",
    )


def advice_on(last: str) -> str:
    """Return what to do about the last line that was said."""
    variable = _VARIABLE.search(last)
    if variable:
        name = variable[1] or variable[2]
        return (
            f"Set {name} for the build as well (pack build --env {name}=...), to anything that the settings "
            "take, or give it a default in them."
        )
    module = _MODULE.search(last)
    if module:
        return f"The app has no module {module[1]}: add what brings it to what the app requires."
    return (
        "Does 'python manage.py collectstatic' work where only the requirements are installed? Variables "
        "that the settings need must be set for the build as well (pack build --env), or have defaults. A "
        "database or other services are not there."
    )
