"""Secrets do not come out by accident."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from buildpack_common.redaction import redact
from oci_registry.remote.login import IdentityToken, Password, RegistryToken
from oci_registry.remote.secret import ConcealedText


def test_no_way_of_printing_shows_it() -> None:
    secret = ConcealedText("hunter2")
    logins = [Password("me", secret, "here"), IdentityToken(secret, "here"), RegistryToken(secret, "here")]
    shown = f"{secret} {secret!r} {secret!s} {[secret]} {logins} {vars(logins[0])}"
    assert "hunter2" not in shown
    assert secret.reveal() == "hunter2"


def test_it_is_hidden_in_what_others_say() -> None:
    """A registry, a helper or a proxy may repeat what it was sent."""
    ConcealedText("hunter2")
    assert redact("denied: hunter2 is no token") == "denied: *** is no token"


def test_it_is_not_stored() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(ConcealedText("hunter2"))
    with pytest.raises(TypeError):
        copy.deepcopy(ConcealedText("hunter2"))


def fail_with(secret: ConcealedText) -> None:
    raise ValueError(secret)


def test_a_traceback_with_locals_does_not_show_it() -> None:
    with pytest.raises(ValueError, match="Secret") as caught:
        fail_with(ConcealedText("hunter" + "2"))
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    assert "hunter2" not in "".join(shown)


def test_equality_and_truth() -> None:
    assert ConcealedText("a") == ConcealedText("a") != ConcealedText("b")
    assert len({ConcealedText("a"), ConcealedText("a")}) == 1
    assert not ConcealedText("")


def test_a_basic_header_is_utf_8() -> None:
    assert Password("jörg", ConcealedText("p:w"), "").basic() == "Basic asO2cmc6cDp3"
