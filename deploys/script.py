"""Shell scripts: files that are valid as they stand, behind a header of what Python knows."""

import functools
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from howdah.answer import BEGIN, END

FOLDER = Path(__file__).parent
PLACE = re.compile("@([A-Z]+)@")


def script(
    files: Iterable[str],
    variables: Mapping[str, str],
    documents: Mapping[str, str] | None = None,
) -> str:
    """The files deploys/FILE.sh, one after the other, behind a header.

    A variable is named in capitals there. A document, which would be longer with quotes within
    quotes, comes by a function: `with_NAME words` runs the words with it as their stdin.
    """
    parts = [assigned(variables)]
    for name, content in (documents or {}).items():
        parts.append(_document(name, content))
    for file in files:
        parts.append(text(file))
    return "\n".join(parts)


@functools.cache
def text(file: str) -> str:
    """What stands in deploys/FILE.sh."""
    path = FOLDER / f"{file}.sh"
    return path.read_text()


def filled(file: str, **parts: str) -> str:
    """A file that hosts keep, from this folder, with each @PART@ in its place.

    Its text is compared with the host's: a header would be a difference on each of them.
    """
    whole = (FOLDER / file).read_text()

    def part(place: re.Match[str]) -> str:
        name = place[1].lower()
        return parts[name]

    return PLACE.sub(part, whole)


def assigned(variables: Mapping[str, str]) -> str:
    """Lines that assign them, named in capitals."""
    lines = []
    for name, value in variables.items():
        quoted = shlex.quote(value)
        lines.append(f"{name.upper()}={quoted}")
    return "\n".join(lines)


def _document(name: str, content: str) -> str:
    end = f"END_OF_{name.upper()}"  # its own: a document may be a script that has documents
    return f"""with_{name}() {{
    "$@" << '{end}'
{content}
{end}
}}"""


# The login shell's own words are before and after these.
MARKS = {"begin": BEGIN, "end": END}
FRAME = script(["english", "frame"], MARKS)
RUN = script(["english", "run"], {})
