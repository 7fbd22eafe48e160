"""A script's answer among what a login shell, or sudo, says of itself."""

import subprocess

import pytest

from deploys.script import FRAME
from howdah.answer import BEGIN, END, failure, read

GREETING = ["Hello from fish", "", "bash: warning: setlocale: LC_ALL: cannot change locale (de_DE)"]


def framed(script: str, before: str = "", after: str = "") -> subprocess.CompletedProcess[str]:
    """As a login shell that says something runs it."""
    login = f'{before}\nsh -c "$0" sh "$1"; code=$?\n{after}\nexit $code'
    return subprocess.run(["sh", "-c", login, FRAME, script], capture_output=True, text=True,
                          check=False)  # fmt: skip


@pytest.mark.parametrize("out", ["", "one\n", "one\n\n", "\none", "one\ntwo", "a\\nb\n"])
@pytest.mark.parametrize("before", ["", "echo Hello; echo oh >&2", "printf Hello; printf oh >&2"])
@pytest.mark.parametrize("after", ["", "echo bye; echo bye >&2", "printf bye"])
def test_only_the_script_is_read(out: str, before: str, after: str) -> None:
    done = framed(f"printf '%s' '{out}'; echo no >&2; exit 3", before, after)
    answer = read(done.stdout.split("\n"), done.stderr.split("\n"), done=done.returncode == 0)
    lines = out.split("\n")
    if lines[-1] == "":
        lines.pop()
    assert (answer.done, answer.lines, answer.errors) == (False, lines, ["no"])
    assert done.returncode == 3


def test_messages_are_in_english() -> None:
    env = 'export LC_ALL=de_DE.UTF-8 LANGUAGE=de; sh -c "$0" sh "$1"; exit'
    said = subprocess.run(["sh", "-c", env, FRAME, 'echo "$LC_ALL ${LANGUAGE-unset}"'],
                          capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert "C.UTF-8 unset" in said


def test_killed_script_has_its_part() -> None:
    answer = read([*GREETING, BEGIN, "os\tdebian 12"], [BEGIN, "Terminated"], done=False)
    assert (answer.lines, answer.cause) == (["os\tdebian 12"], "Terminated")


def test_end_of_an_inner_frame_is_not_the_end() -> None:
    answer = read([BEGIN, END, "more", "", END, "bye"], [BEGIN, END], done=True)
    assert answer.lines == [END, "more"]
    assert answer.cause == "no message"


@pytest.mark.parametrize(
    ("stdout", "stderr", "cause"),
    [
        (GREETING, ["stty: oh", "sudo: sorry, you must have a tty to run sudo"],
         "sudo: sorry, you must have a tty to run sudo"),
        ([], ["ops is not in the sudoers file.", "This incident has been reported."],
         "ops is not in the sudoers file."),
        ([], ["Sorry, user ops is not allowed to execute '/bin/sh -c ", "x' as root."],
         "Sorry, user ops is not allowed to execute '/bin/sh -c "),
        ([], ["sh: 1: sudo: not found"], "sudo: not found"),
        ([], ["no line endsudo: a password is required", "bye"], "sudo: a password is required"),
        ([], ["su: Authentication failure", "oh"], "su: Authentication failure"),
        (["This account is currently not available."], [],
         "needs a shell that runs commands; the login shell answered "
         "'This account is currently not available.'"),
        ([], ["", "fish: Unknown command"], "fish: Unknown command"),
        ([], [], "no answer"),
    ],
)  # fmt: skip
def test_what_has_not_begun(stdout: list[str], stderr: list[str], cause: str) -> None:
    """Also where the exit code says that all is well."""
    for done in (True, False):
        answer = read(stdout, stderr, done=done)
        assert (answer.done, answer.lines, answer.cause) == (False, [], cause)


@pytest.mark.parametrize(
    ("stderr", "why"),
    [
        ([*GREETING, "could not load release r-2: no", "bye"], "could not load release r-2: no"),
        (["ohcould not load r-2: could not bind", "bye"], "could not load r-2: could not bind"),
        ([*GREETING, "sudo: a terminal is required", "bye"], "sudo: a terminal is required"),
        (["oh"], "oh"),
        ([], ""),
    ],
)
def test_failure_of_a_command(stderr: list[str], why: str) -> None:
    assert failure(stderr) == why
