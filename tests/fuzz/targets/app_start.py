"""What says how an app starts: its Procfile, and its code, which is read and never imported."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from app_start.environment import Environment, Installed
from app_start.inference.decide import inferred_plan
from app_start.inference.project import Project
from app_start.settings import read_settings
from app_start.told import told_plan
from buildpack_api.errors import BuildpackError
from fuzz.mutation import read_seeds
from fuzz.targets.common import SEEDS, Target, write

if TYPE_CHECKING:
    import random
    from pathlib import Path

_DISTRIBUTIONS = {
    name: Installed(version, requested=True)
    for name, version in (("flask", "3.0"), ("gunicorn", "23.0"), ("uvicorn", "0.30"), ("fastapi", "0.115"))
}


class Procfiles(Target):
    """Processes and their commands, as the image will have them."""

    name = "procfiles"
    expected = (BuildpackError,)
    tokens = (
        *(
            b"web: ",
            b"release: ",
            b"worker_1: ",
            b"--: x\n",
            b"exec ",
            b" && ",
            b" || ",
            b"; ",
            b" | ",
            b" & ",
        ),
        *(
            b"$PORT",
            b"${PORT:-8000}",
            b"$(",
            b"`",
            b"<<EOF",
            b"if ",
            b"A=1 ",
            b"\\",
            b"# ",
            b"\xef\xbb\xbf",
            b"\r",
        ),
    )

    def __init__(self) -> None:
        self.seeds = read_seeds(SEEDS / self.name)

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Read what the user has told."""
        app = write(files, place / "app")
        line = rng.choice(sorted(files.values())).decode("utf-8", "replace")
        variables = {"BP_START_COMMAND": line} if rng.random() < 0.2 and "\0" not in line else {}
        return repr(told_plan(read_settings(variables), app)).replace(str(place), "PLACE")


class AppCode(Target):
    """Modules, projects and Dockerfiles that show what the app is."""

    name = "app-code"
    expected = (BuildpackError,)
    tokens = (
        *(
            b"app = Flask(__name__)\n",
            b"if __name__ == '__main__':\n",
            b"    app.run()\n",
            b"def ",
            b"class ",
            b"async ",
        ),
        *(
            b"import ",
            b"from . import x\n",
            b"lambda: ",
            b"f'{",
            b"# -*- coding: rot13 -*-\n",
            b'CMD ["x"]\n',
            b"match x:\n",
        ),
        *(
            b"[project.scripts]\n",
            b"web = 'a:b'\n",
            b"\\N{x}",
            b"type X = 1\n",
            b"0o8",
            b"'''",
            b"\x0c",
            b"@app.get\n",
        ),
    )

    def __init__(self) -> None:
        self.seeds = read_seeds(SEEDS / self.name)

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Read the app and decide."""
        app = write(files, place / "app")
        venv = write({"bin/gunicorn": b"x", "bin/uvicorn": b"x"}, place / "venv")
        for program in (venv / "bin").iterdir():
            program.chmod(0o755)
        environment = Environment(venv, venv / "lib/site-packages", _DISTRIBUTIONS)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python has to say about an app's code is for nobody here
            plan = inferred_plan(Project(app, environment, {}))
        return repr(plan).replace(str(place), "PLACE")
