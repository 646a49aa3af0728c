"""Whatever a source holds, the outcome is a version or one error that says where, printable and short."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buildpack_api.errors import ConfigurationError
from buildpack_api.plan import VersionConstraint
from buildpack_api.target import Target
from python_runtime.versions.choice import choose
from python_runtime.versions.sources import find_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from buildpack_common.runtimes_catalogue import RuntimesCatalogue

LONG = "9" * 5000
TEXTS = (
    st.text(
        alphabet="0123456789. \t,|<>=~!^*xXabrcdevpyton-+#'\"\u200b\u00a0\uff13\u0663\u00b2\u00bd",
        max_size=25,
    )
    | st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10)
    | st.sampled_from([LONG, f">={LONG}", f"3.{LONG}", f"^{LONG}", f"==3.12.*,{LONG}", "3.12;python_version"])
)
TODAY = dt.date(2026, 1, 15)


def as_variable(app: Path, text: str) -> Mapping[str, str]:
    return {"BP_PYTHON_VERSION": text}


def as_version_file(app: Path, text: str) -> Mapping[str, str]:
    (app / ".python-version").write_text(text, "utf-8", newline="")
    return {}


def as_runtime_txt(app: Path, text: str) -> Mapping[str, str]:
    (app / "runtime.txt").write_text(text, "utf-8", newline="")
    return {}


def as_requires_python(app: Path, text: str) -> Mapping[str, str]:
    (app / "pyproject.toml").write_text(f"[project]\nrequires-python = {quoted(text)}\n", "utf-8")
    return {}


def as_poetry_constraint(app: Path, text: str) -> Mapping[str, str]:
    content = f"[tool.poetry.dependencies]\npython = {quoted(text)}\n"
    (app / "pyproject.toml").write_text(content, "utf-8")
    return {}


def quoted(text: str) -> str:
    return json.dumps(text).replace("\x7f", "\\u007f")


@pytest.mark.parametrize(
    "write", [as_variable, as_version_file, as_runtime_txt, as_requires_python, as_poetry_constraint]
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=TEXTS)
def test_any_text_in_any_source_is_a_version_or_one_error(
    write: Callable[[Path, str], Mapping[str, str]], text: str, catalogue: RuntimesCatalogue
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = write(Path(folder), text)
        outcome(Path(folder), environment, (), catalogue)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=TEXTS)
def test_any_text_in_the_plan_is_a_version_or_one_error(text: str, catalogue: RuntimesCatalogue) -> None:
    with tempfile.TemporaryDirectory() as folder:
        outcome(Path(folder), {}, (VersionConstraint(text, "a test"),), catalogue)


def outcome(
    app: Path,
    environment: Mapping[str, str],
    merged: tuple[VersionConstraint, ...],
    catalogue: RuntimesCatalogue,
) -> None:
    try:
        found = find_requests(app, environment, merged, catalogue)
        choice = choose(found.requests, catalogue, Target("linux", "amd64"), TODAY)
    except ConfigurationError as error:
        said = error.title, error.detail, error.advice
    else:
        assert all(request.allows(choice.runtime.version) for request in found.requests)
        said = choice.runtime.version, "", choice.reason
    assert said[0]
    assert said[2]
    assert len("".join(said)) < 1500
