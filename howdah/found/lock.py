"""Who deploys to the host."""

from dataclasses import dataclass

from howdah.found.lines import Lines


@dataclass(frozen=True)
class Lock:
    """The file that a run locks from its first change to its end."""

    by: str  # who has deployed last
    held: bool  # and still does


def read(lines: Lines) -> Lock:
    """Raises AnswerError."""
    return Lock(by=lines.text("lock"), held=lines.is_there("locked"))
