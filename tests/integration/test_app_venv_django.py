"""Static files of a real Django project: collected, skipped or refused, also with a reused environment."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.failure import PhaseError
from support.main_job import APPS, VENV
from support.venv_builds import VenvBuilds, text_of, venv_builds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.server import StaticServer

# What the sample has of static files, undone: each test says itself what there is.
NONE = (
    "INSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth']\n"
    "del STATIC_URL, STATIC_ROOT, STORAGES\n"
)
STATIC_APP = "INSTALLED_APPS += ['django.contrib.staticfiles']\nSTATIC_URL = 'static/'\n"
STATIC_DIRECTORY = "STATICFILES_DIRS = [BASE_DIR / 'assets']\n"
ROOT = "STATIC_ROOT = BASE_DIR / 'collected'\n"
WITH_ROOT = STATIC_APP + STATIC_DIRECTORY + ROOT
MANIFEST = (
    "STORAGES = {'staticfiles': {'BACKEND': "
    "'django.contrib.staticfiles.storage.ManifestStaticFilesStorage'}}\n"
)


class Django:
    """Builds of copies of the sample project with other settings."""

    def __init__(self, builds: VenvBuilds, index: StaticServer) -> None:
        self.builds = builds
        self.index = index

    @property
    def workspace(self) -> Path:
        """The app's directory at build."""
        return self.builds.platform().workspace.app

    def build(self, settings: str, **variables: str) -> str:
        """Build with these additional settings and return what was printed."""
        shutil.rmtree(self.builds.app, ignore_errors=True)
        shutil.copytree(APPS / "django", self.builds.app)
        (self.builds.app / "assets").mkdir()
        (self.builds.app / "assets" / "style.css").write_text("body {}\n")
        with (self.builds.app / "hello" / "settings.py").open("a") as file:
            file.write(NONE + settings)
        return text_of(self.builds.build({"PIP_INDEX_URL": f"{self.index.url}/simple/", **variables}))

    def failure(self, settings: str, **variables: str) -> str:
        """Build, which must fail, and return what was printed, in one line."""
        with pytest.raises(PhaseError) as failed:
            self.build(settings, **variables)
        return " ".join(failed.value.output.split())


@pytest.fixture(scope="module")
def django(tmp_path_factory: pytest.TempPathFactory, wheel_server: StaticServer) -> Iterator[Django]:
    with venv_builds(tmp_path_factory.mktemp("django") / "a b") as builds:
        yield Django(builds, wheel_server)


def test_they_are_collected_into_the_app_and_so_into_the_image(django: Django) -> None:
    printed = django.build(WITH_ROOT)
    assert (django.workspace / "collected" / "style.css").read_text() == "body {}\n"
    assert f"static files         collected into {django.workspace / 'collected'}" in printed
    assert "1 static file copied" in printed
    assert not list(django.workspace.rglob("*.pyc"))
    with django.builds.platform().container() as container:
        assert container.run(["cat", "collected/style.css"]).stdout == "body {}\n"


def test_a_reused_environment_collects_what_the_app_has_now(django: Django) -> None:
    django.build(WITH_ROOT)
    printed = django.build(WITH_ROOT + MANIFEST)
    assert "Reusing the virtual environment" in printed
    assert (django.workspace / "collected" / "staticfiles.json").is_file()
    assert len(list((django.workspace / "collected").glob("style.*.css"))) == 1


def test_the_variables_of_the_app_are_there(django: Django) -> None:
    settings = f"import os\n{WITH_ROOT}SECRET_KEY = os.environ['THE_KEY']\n"
    django.build(settings, THE_KEY="s3cr3t")
    assert (django.workspace / "collected" / "style.css").is_file()
    printed = " ".join(django.build(settings).split())
    assert "Warning: Django's settings cannot be read: KeyError: 'THE_KEY'" in printed
    assert "pages of the running app have no style sheets" in printed
    assert "Set THE_KEY for the build as well (pack build --env THE_KEY=...)" in printed
    assert "BP_DJANGO_COLLECTSTATIC=off switches it off" in printed
    assert "static files not collected: Django's settings cannot be read (see the warning above)" in printed
    told = django.failure(settings, BP_DJANGO_COLLECTSTATIC="on")
    assert "Error: Django's settings cannot be read: KeyError: 'THE_KEY'" in told


@pytest.mark.parametrize(
    "variables",
    [{"BP_DJANGO_COLLECTSTATIC": "off"}, {"DISABLE_COLLECTSTATIC": "1"}],
    ids=["ours", "of Heroku"],
)
def test_switched_off_not_even_the_settings_are_read(django: Django, variables: dict[str, str]) -> None:
    printed = django.build("raise SystemExit('settings were read')\n", **variables)
    assert "Static files are not collected: " in printed
    assert not (django.workspace / "collected").exists()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("", "django.contrib.staticfiles is not in INSTALLED_APPS"),
        (STATIC_APP + MANIFEST, "STATIC_ROOT is not set"),
        (STATIC_APP, "STATIC_ROOT is not set"),
    ],
)
def test_without_the_app_or_a_place_there_is_nothing_to_do(
    django: Django, settings: str, reason: str
) -> None:
    printed = django.build(settings)
    assert f"Static files are not collected: {reason}\n" in printed
    assert f"static files         not collected: {reason}\n" in printed
    told = django.failure(settings, BP_DJANGO_COLLECTSTATIC="on")
    assert f"Error: Static files cannot be collected: {reason}" in told


@pytest.mark.parametrize(
    ("place", "reason"),
    [("site", "manage.py is in site/, not in the app's top directory"), ("", "there is no manage.py in ")],
)
def test_a_manage_py_that_is_not_at_the_top_is_said_in_the_summary(
    django: Django, place: str, reason: str
) -> None:
    builds = django.builds
    shutil.rmtree(builds.app, ignore_errors=True)
    shutil.copytree(APPS / "django", builds.app)
    if place:
        (builds.app / place).mkdir()
        (builds.app / "manage.py").rename(builds.app / place / "manage.py")
    else:
        (builds.app / "manage.py").unlink()
    printed = text_of(builds.build({"PIP_INDEX_URL": f"{django.index.url}/simple/"}))
    assert f"static files         not collected: {reason}" in printed


def test_a_secret_in_static_files_ends_the_build(django: Django) -> None:
    """They are in the app, not in a layer, and written with all variables of the build at hand."""
    secret = "of-the-index-9"
    write = "(BASE_DIR / 'assets/build.js').write_text(os.environ.get('PIP_EXTRA_INDEX_URL', ''))\n"
    told = django.failure(
        f"import os\n{WITH_ROOT}{write}",
        PIP_EXTRA_INDEX_URL=f"{django.index.url.replace('//', f'//me:{secret}@')}/simple/",
    )
    assert "A secret of this build would get into the image or the cache" in told
    assert "build.js of the static files has what is in the address in PIP_EXTRA_INDEX_URL" in told
    assert secret not in told


def test_a_collection_that_fails_is_explained(django: Django) -> None:
    settings = WITH_ROOT.replace("'assets'", "'nowhere'") + "STATICFILES_FINDERS = ['no.such.Finder']\n"
    told = django.failure(settings)
    assert "Error: Django's collectstatic failed: ModuleNotFoundError: No module named 'no'" in told
    assert "The app has no module no: add what brings it to what the app requires." in told
    assert "Traceback" in told  # of Django, which the app's author needs
    assert "app_venv" not in told.partition("Traceback")[2]


def test_files_outside_the_app_are_not_in_the_image(django: Django, tmp_path: Path) -> None:
    settings = f"{WITH_ROOT}STATIC_ROOT = {str(tmp_path / 'static')!r}\n"
    assert "Warning: The static files are not in the image: STATIC_ROOT is " in django.build(settings)


def test_without_django_a_manage_py_is_never_run(django: Django) -> None:
    builds = django.builds
    shutil.rmtree(builds.app, ignore_errors=True)
    builds.require("# nothing")
    (builds.app / "manage.py").write_text("raise SystemExit('manage.py was run')\n")
    result = builds.build()
    assert "tatic files" not in text_of(result)
    with pytest.raises(PhaseError) as failed:
        builds.build({"BP_DJANGO_COLLECTSTATIC": "on"})
    assert "Django is not among the requirements" in failed.value.output
    assert result.layer(VENV, "venv").types.launch
