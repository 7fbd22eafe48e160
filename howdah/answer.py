"""What a host answers to a script, told apart from what its login shell says of itself.

A login shell may greet, warn of its locale or complain that there is no terminal. So the script's
own part stands between two lines, on stdout and on stderr alike.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

BEGIN, END = "howdah-begin", "howdah-end"
# Why nobody becomes another user, in sudo's words; what was said before may have had no line end.
BECOMES = re.compile(
    r"(sudo|sudo-rs|doas|dzdo): .*|\bsu: .*|\S+ is not in the sudoers file.*|Sorry, user .*"
)
LONGEST = 200  # characters of a cause


@dataclass(frozen=True)
class Answer:
    """Of one script."""

    done: bool  # it ran, and ended with 0
    lines: list[str]  # its stdout
    errors: list[str]  # its stderr; of a script that did not begin, why
    asked: float = 0  # when, by this machine's clock

    @property
    def cause(self) -> str:
        """Why it is not done, in one line."""
        for line in self.errors:
            if line:
                return line
        return "no message"


def read(stdout: Sequence[str], stderr: Sequence[str], *, done: bool) -> Answer:
    """The lines of a command that deploys/frame.sh was in -> what the script answered."""
    lines = between(stdout)
    if lines is None:
        cause = not_begun(stdout, stderr)
        return Answer(done=False, lines=[], errors=[cause])
    errors = between(stderr)
    if errors is None:
        errors = list(stderr)
    return Answer(done, lines, errors)


def between(lines: Sequence[str]) -> list[str] | None:
    """The script's own lines; None where it has not begun."""
    if BEGIN not in lines:
        return None
    begin = lines.index(BEGIN)
    own = list(lines[begin + 1 :])
    if END not in own:
        return own
    while own.pop() != END:
        pass
    if own and own[-1] == "":  # the line end before END, where the last line had one
        own.pop()
    return own


def not_begun(stdout: Sequence[str], stderr: Sequence[str]) -> str:
    """Why a script has not begun: what sudo said, or the shell."""
    said = [line for line in stderr if line.strip()]
    by_sudo = BECOMES.search("\n".join(said))
    if by_sudo:
        return by_sudo[0][:LONGEST]
    if said:
        return said[-1][:LONGEST]
    greeting = [line for line in stdout if line.strip()]
    if not greeting:
        return "no answer"
    shown = greeting[-1][:LONGEST]
    return f"needs a shell that runs commands; the login shell answered {shown!r}"


def failure(stderr: Sequence[str]) -> str:
    """Why a command of `deploys.shell` failed, among what its login shell said; empty: no word."""
    said = [line for line in stderr if line.strip()]
    for line in reversed(said):
        begin = line.find("could not ")  # what was said before may have had no line end
        if begin >= 0:
            return line[begin:]
    if not said:
        return ""
    return not_begun((), said)
