"""Shell commands whose failure is one line, and which do not run into each other."""

import functools
import re
import shlex
from pathlib import Path
from typing import Any

from pyinfra.api.command import QuoteString

from deploys.live import Command, Live
from howdah.answer import ENGLISH

# $1: what to do, as a sentence's end; $2: the script; $3: the file whose lock it holds.
# A killed controller leaves its last command at work: the next run's first waits for it. The
# lock is the kernel's, and gone with its holder; -o: a server that is started does not hold it.
_RUN = """
what=$1 script=$2 lock=$3
set -- sh -ec "$script"
[ -z "$lock" ] || [ ! -d "${lock%/*}" ] || set -- flock -o -w 60 "$lock" "$@"
said=$("$@" 2>&1 >/dev/null) || {
    line=$(printf '%s\\n' "$said" | grep -m 1 'ERROR:')
    [ -n "$line" ] || line=$(printf '%s\\n' "$said" | head -n 1)
    printf 'could not %s: %s\\n' "$what" "${line:-another deploy is at work on this host}" >&2
    exit 1
}
"""


def run(what: str, script: str, *, lock: str = "", **arguments: Any) -> Command:
    """A command that runs ``script`` under ``sh -e``; secrets only in ``_stdin``."""
    return Command(*_words(ENGLISH, what, script, lock), **arguments)


def live(what: str, script: str, *, lock: str = "") -> Live:
    """The same; what the script prints on 3 is shown at once. Nothing that it starts has that."""
    return Live(*_words(f"{ENGLISH}; exec 3>&1", what, script, lock))


def _words(begin: str, what: str, script: str, lock: str) -> tuple[str | QuoteString, ...]:
    given = (QuoteString(what), QuoteString(script), QuoteString(lock))
    return ("sh", "-c", QuoteString(begin + _RUN), "sh", *given)


def filled(name: str, **parts: str) -> str:
    """The script deploys/NAME, .sh where nothing else is said, with each @PART@ in its place."""
    return re.sub("@[A-Z]+@", lambda place: parts[place[0].strip("@").lower()], _text(name))


@functools.cache
def _text(name: str) -> str:
    return Path(__file__).parent.joinpath(name if "." in name else f"{name}.sh").read_text()


def assigned(**values: str) -> str:
    """Shell variables, in capitals."""
    return "\n".join(f"{name.upper()}={shlex.quote(value)}" for name, value in values.items())


def quoted(*words: str) -> str:
    """Words of a shell command."""
    return shlex.join(words)
