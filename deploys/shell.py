"""Shell commands whose failure is one line."""

import shlex
from typing import Any

from pyinfra.api.command import QuoteString, StringCommand

# $1: what to do, as a sentence's end; $2: the script. Its own output would be noise.
_RUN = """
said=$(sh -ec "$2" 2>&1 >/dev/null) || {
    printf 'could not %s: %s\\n' "$1" "$(printf '%s\\n' "$said" | head -n 1)" >&2
    exit 1
}
"""


def run(what: str, script: str, **arguments: Any) -> StringCommand:
    """A command that runs ``script`` under ``sh -e``; secrets only in ``_stdin``."""
    return StringCommand(
        "sh", "-c", QuoteString(_RUN), "sh", QuoteString(what), QuoteString(script), **arguments
    )


def quoted(*words: str) -> str:
    """Words of a shell command."""
    return shlex.join(words)
