"""Passwords that a verifier shows to be weak."""

import hashlib
from dataclasses import replace

import pytest

from howdah.rights.catalog import Catalog, Role
from howdah.roles_sql.wanted import Wanted
from howdah.secrets import own_passwords, scram

WANT = Wanted(
    roles={"reporting": Role(), "appuser": Role(password="<app_verifier>")},
    connlimits={"appdb": -1},
)


def found(verifier: str | None, role: str = "reporting") -> Catalog:
    """As the query tells it."""
    iterations, salt = "", ""
    if verifier and "$" in verifier:
        iterations, salt = verifier.split("$")[1].split(":")
    digest = hashlib.sha256((verifier or "").encode()).hexdigest()
    return Catalog(roles={role: Role(password=digest, iterations=iterations, salt=salt)})


@pytest.mark.parametrize(
    "password", ["reporting", "gnitroper", "reporting123", "reportingpw", "appdb", "changeme"]
)
def test_what_anybody_would_try(password: str) -> None:
    (line,) = own_passwords.guessed(found(scram.verifier(password)), WANT)
    assert line == "role reporting has a password that is easily guessed: set another"


@pytest.mark.parametrize("verifier", [scram.verifier("k3x-9Qw_zz81"), "md5" + "0" * 32, None])
def test_what_nobody_would_try(verifier: str | None) -> None:
    assert list(own_passwords.guessed(found(verifier), WANT)) == []
    assert list(own_passwords.few_iterations(found(verifier), WANT)) == []


def test_password_of_the_store_is_compared_and_not_guessed() -> None:
    weak = found(scram.verifier("changeme"), "appuser")
    assert list(own_passwords.guessed(weak, WANT)) == []


@pytest.mark.parametrize(("iterations", "shown"), [("1", 1), ("4095", 4095), (" 9999", 0),
                                                   ("9" * 5000, 0)])  # fmt: skip
def test_few_iterations(iterations: str, shown: int) -> None:
    few = found(scram.verifier("changeme"))
    few.roles["reporting"] = replace(few.roles["reporting"], iterations=iterations)
    (line,) = own_passwords.few_iterations(few, WANT)
    assert f"role reporting has a password with {shown} iterations of SCRAM; needs 4096" in line
    assert list(own_passwords.guessed(few, WANT)) == []


def test_many_iterations_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A role may choose two thousand million."""
    many = found(scram.verifier("changeme"))
    iterations = str(scram.MAX_ITERATIONS)
    many.roles["reporting"] = replace(many.roles["reporting"], iterations=iterations)
    monkeypatch.setattr(scram, "verifier", lambda *_, **__: pytest.fail("computed"))
    assert list(own_passwords.guessed(many, WANT)) == []
