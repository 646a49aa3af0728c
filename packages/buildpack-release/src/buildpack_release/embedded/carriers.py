"""Which buildpack of a repository carries what: the settings say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError
from buildpack_release.model.settings import PackageSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeVar

    from buildpack_release.dist.embedded import Embedded
    from buildpack_release.embedded.embedded_files import EmbeddedFiles
    from buildpack_release.model.repository import Repository

    Part = TypeVar("Part", Embedded, EmbeddedFiles)


def carriers(repository: Repository, embedded: Part) -> Mapping[str, Part]:
    """Return what each buildpack carries of it, by id.

    Raises UsageError if no buildpack carries a part of it.
    """
    settings = PackageSettings.read(repository.root)
    wanted = {
        "interpreter": (settings.interpreter, bool(embedded.interpreters)),
        "runtimes": (settings.runtimes, bool(embedded.runtimes)),
    }
    for key, (carrier, is_wanted) in wanted.items():
        if is_wanted and not carrier:
            what = "an interpreter" if key == "interpreter" else "archives of runtimes"
            raise UsageError(
                f"no buildpack of this repository carries {what}",
                advice=f'Name one in pyproject.toml: [tool.buildpack-release] {key} = "<id>"',
            )
    ids = {carrier for carrier, is_wanted in wanted.values() if is_wanted}
    ids |= {one.buildpack for tools in embedded.tools.values() for one in tools}
    return {
        one: embedded.only(
            interpreter=one == settings.interpreter, runtimes=one == settings.runtimes, tools_of=one
        )
        for one in sorted(ids)
    }
