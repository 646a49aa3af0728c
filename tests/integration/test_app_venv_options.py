"""What users may say to strata/app-venv about pip: its options, and what may be installed at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.installers.pip.options import HARMLESS, variable
from support.main_job import VENV
from support.venv_builds import installed, reused, text_of
from support.wheels import Project

if TYPE_CHECKING:
    from support.private_builds import PrivateBuilds
    from support.venv_builds import VenvBuilds


def test_harmless_options_make_no_difference_at_all(builds: VenvBuilds) -> None:
    """All of them at once, with the real pip: the same bits, and no reason to make anything anew."""
    builds.require("right")
    plain = builds.build()
    values = {
        "cert": "", "client-cert": "", "exists-action": "i", "keyring-provider": "subprocess", "help": "",
        "local-log": "", "log-file": "", "log": f"{builds.root}/log", "progress-bar": "on", "proxy": "",
        "refresh-package": ":all:", "root-user-action": "ignore", "upgrade-strategy": "eager",
    }  # fmt: skip
    variables = {variable(option): values.get(option, "1") for option in sorted(HARMLESS)}
    again = builds.build(variables)
    assert reused(again), text_of(again)
    anew = builds.build(variables, clear=True)
    assert anew.layer(VENV, "venv").diff_id == plain.layer(VENV, "venv").diff_id


def test_an_option_that_decides_makes_the_environment_anew(builds: VenvBuilds) -> None:
    builds.require("left")
    builds.publish(Project("left", "1.1b1", script=True))
    builds.build()
    result = builds.build({"PIP_PRE": "1"})
    assert "made anew: settings: +PIP_PRE" in text_of(result)
    assert installed(builds) == ["left-1.1b1"]


def test_an_option_in_a_bound_configuration_file_is_refused(private: PrivateBuilds) -> None:
    private.builds.require("left")
    private.bind(type="pip", **{"pip.conf": "[install]\ntarget = /elsewhere\nuser = yes\n"})
    output = private.failure()
    assert "pip's configuration would spoil the build: target" in output
    assert "bindings/index/pip.conf" in output


def test_user_of_a_configuration_file_is_overruled(private: PrivateBuilds) -> None:
    """Some distributions have it in /etc/pip.conf."""
    private.builds.require("left")
    index = f"index-url = {private.builds.server.url}/simple/"
    private.bind(
        type="pip", **{"pip.conf": f"[global]\nuser = true\nbreak-system-packages = true\n{index}\n"}
    )
    private.build()
    assert installed(private.builds) == ["left-1.0"]


# What may be installed


def test_only_what_is_pinned_by_hash_is_installed_if_the_user_says_so(builds: VenvBuilds) -> None:
    builds.require("right", "left==1.0")
    output = builds.failure(BP_PIP_REQUIRE_HASHES="true")
    assert "BP_PIP_REQUIRE_HASHES is set, and 2 of the requirements are not pinned by hash" in output
    assert "requirements.txt:1 (right) has no exact version" in output
    builds.require(*builds.locked("left-1.0", "right-2.0"))
    builds.build({"BP_PIP_REQUIRE_HASHES": "true"})
    assert reused(builds.build({"BP_PIP_REQUIRE_HASHES": "true"}))
    result = builds.build()
    assert "made anew: what may be installed: ---require-hashes" in text_of(result)


def test_a_lock_file_is_pinned_by_hash(builds: VenvBuilds) -> None:
    builds.lock("left-1.0", "right-2.0")
    builds.build({"BP_PIP_REQUIRE_HASHES": "true", "BP_PIP_ONLY_BINARY": ":all:"})
    assert installed(builds) == ["left-1.0", "right-2.0"]


def test_only_wheels_are_installed_if_the_user_says_so(builds: VenvBuilds) -> None:
    builds.publish_source()
    builds.require("source", "left")
    for value in (":all:", "Source, other"):
        output = builds.failure(BP_PIP_ONLY_BINARY=value)
        assert "BP_PIP_ONLY_BINARY (" in output
        assert "is there a wheel?" in output
    builds.build({"BP_PIP_ONLY_BINARY": "left"})
    assert installed(builds) == ["left-1.0", "source-1.0"]
