"""Passwords that roles have set by themselves."""

from deploys.target import Target
from howdah.found import Found
from howdah.secrets import own_passwords


def test_no_password_is_easily_guessed(target: Target, found: Found) -> None:
    """Of the roles whose passwords are not the store's; a short list of guesses is tried."""
    assert list(own_passwords.guessed(found.catalog(), target.want)) == []


def test_passwords_are_hashed_often_enough(target: Target, found: Found) -> None:
    assert list(own_passwords.few_iterations(found.catalog(), target.want)) == []
