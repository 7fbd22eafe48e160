"""Shell commands whose failure is one line, and which do not run into each other."""

import shlex
from typing import Any

from pyinfra.api.command import QuoteString

from deploys.live import Command, Live
from deploys.script import RUN


def run(
    what: str,
    script: str,
    *,
    lock: str = "",
    **arguments: Any,
) -> Command:
    """A command that runs ``script`` under ``sh -e``; secrets only in ``_stdin``."""
    words = _words(what, script, lock)
    return Command(*words, **arguments)


def live(
    what: str,
    script: str,
    *,
    lock: str = "",
) -> Live:
    """The same; what the script prints on 3 is shown at once. Nothing that it starts has that."""
    words = _words(what, script, lock, "shown")
    return Live(*words)


def _words(*given: str) -> list[str | QuoteString]:
    words: list[str | QuoteString] = ["sh", "-c", QuoteString(RUN), "sh"]
    for word in given:
        words.append(QuoteString(word))
    return words


def quoted(*words: str) -> str:
    """Words of a shell command."""
    return shlex.join(words)
