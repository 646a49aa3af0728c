"""Which URLs are tried, in which order, for every way to name a mirror."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_api.bindings import Binding
from buildpack_api.errors import ConfigurationError
from python_runtime.locations import archive_urls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from buildpack_common.runtimes_catalogue import RuntimesCatalogue

PATH = "20250101/cpython-3.14.2%2B20250101-amd64.tar.gz"
PLAIN = "20250101/cpython-3.14.2+20250101-amd64.tar.gz"


def urls(
    catalogue: RuntimesCatalogue, environment: Mapping[str, str] | None = None, *bindings: Binding
) -> tuple[str, ...]:
    newest = next(runtime for runtime in catalogue.runtimes if runtime.version == "3.14.2")
    return archive_urls(newest, catalogue, environment or {}, bindings)


def binding(folder: Path, kind: str, **entries: str) -> Binding:
    secrets = {}
    for number, (name, text) in enumerate(entries.items()):
        secrets[name] = folder / f"{kind}-{number}"
        secrets[name].write_text(f"{text}\n")
    return Binding("mine", kind, secrets=secrets)


def test_the_releases_are_tried_in_the_order_of_the_catalogue(catalogue: RuntimesCatalogue) -> None:
    assert urls(catalogue) == (
        f"https://first.example/releases/download/{PATH}",
        f"https://second.example/copy/of/first/{PATH}",
    )


@pytest.mark.parametrize(
    "mirror", ["https://mirror.example/py", "https://mirror.example/py/", " https://mirror.example/py"]
)
def test_a_mirror_replaces_all_and_may_be_a_copy_of_either_host(
    mirror: str, catalogue: RuntimesCatalogue
) -> None:
    assert urls(catalogue, {"BP_DEPENDENCY_MIRROR": mirror}) == (
        f"https://mirror.example/py/{PATH}",
        f"https://mirror.example/py/releases/download/{PATH}",
        f"https://mirror.example/py/copy/of/first/{PATH}",
    )


def test_a_directory_may_hold_plain_or_encoded_names(catalogue: RuntimesCatalogue) -> None:
    found = urls(catalogue, {"BP_DEPENDENCY_MIRROR": "file:///mirror"})

    assert found[:2] == (f"file:///mirror/{PLAIN}", f"file:///mirror/{PATH}")


def test_a_mirror_with_a_placeholder_gets_the_host(catalogue: RuntimesCatalogue) -> None:
    assert urls(catalogue, {"BP_DEPENDENCY_MIRROR": "https://mirror.example/{originalHost}"}) == (
        f"https://mirror.example/first.example/releases/download/{PATH}",
        f"https://mirror.example/second.example/copy/of/first/{PATH}",
    )


def test_a_mirror_for_one_host_leaves_the_others(catalogue: RuntimesCatalogue) -> None:
    assert urls(catalogue, {"BP_DEPENDENCY_MIRROR_FIRST_EXAMPLE": "https://mirror.example"}) == (
        f"https://mirror.example/releases/download/{PATH}",
        f"https://second.example/copy/of/first/{PATH}",
    )


def test_a_hyphen_in_a_host_is_two_underscores(catalogue: RuntimesCatalogue) -> None:
    hyphen = replace(catalogue, bases=("https://a-b.example/x",))

    found = urls(hyphen, {"BP_DEPENDENCY_MIRROR_A__B_EXAMPLE": "https://mirror.example"})

    assert found == (f"https://mirror.example/x/{PATH}",)


def test_mirrors_may_come_in_bindings_and_variables_win(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    given = binding(tmp_path, "dependency-mirror", default="https://bound.example")

    assert urls(catalogue, {}, given)[0] == f"https://bound.example/{PATH}"
    assert urls(catalogue, {"BP_DEPENDENCY_MIRROR": "https://set.example"}, given)[0].startswith(
        "https://set."
    )


def test_a_binding_may_name_a_mirror_for_one_host(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    given = binding(tmp_path, "dependency-mirror", **{"second.example": "https://bound.example"})

    assert urls(catalogue, {}, given) == (
        f"https://first.example/releases/download/{PATH}",
        f"https://bound.example/copy/of/first/{PATH}",
    )


@pytest.mark.parametrize("prefix", ["", "sha256:", "sha256_"])
def test_a_mapping_of_this_very_archive_wins(
    prefix: str, catalogue: RuntimesCatalogue, tmp_path: Path
) -> None:
    newest = next(runtime for runtime in catalogue.runtimes if runtime.version == "3.14.2")
    given = binding(
        tmp_path, "dependency-mapping", **{f"{prefix}{newest.sha256}": "https://mapped.example/py.tgz"}
    )

    assert urls(catalogue, {"BP_DEPENDENCY_MIRROR": "https://set.example"}, given) == (
        "https://mapped.example/py.tgz",
    )


def test_mappings_of_other_archives_do_not_matter(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    given = binding(tmp_path, "dependency-mapping", **{"ab" * 32: "https://mapped.example/py.tgz"})

    assert urls(catalogue, {}, given) == urls(catalogue)


@pytest.mark.parametrize("value", ["ftp://mirror.example", "/a/path", "mirror.example", "file"])
def test_a_mirror_that_is_no_url_is_refused(value: str, catalogue: RuntimesCatalogue) -> None:
    with pytest.raises(ConfigurationError, match="BP_DEPENDENCY_MIRROR is not a URL") as caught:
        urls(catalogue, {"BP_DEPENDENCY_MIRROR": value})

    assert caught.value.detail == f"Found: {value}"


def test_a_password_in_a_refused_mirror_is_not_shown(catalogue: RuntimesCatalogue) -> None:
    with pytest.raises(ConfigurationError) as caught:
        urls(catalogue, {"BP_DEPENDENCY_MIRROR": "ftp://me:secret@mirror.example"})

    assert "secret" not in str(caught.value)


def test_a_catalogue_without_bases_needs_a_mirror(catalogue: RuntimesCatalogue) -> None:
    own = replace(catalogue, bases=())

    assert urls(own, {"BP_DEPENDENCY_MIRROR": "https://mirror.example"}) == (
        f"https://mirror.example/{PATH}",
    )
    with pytest.raises(ConfigurationError, match="names no base URL"):
        urls(own)
