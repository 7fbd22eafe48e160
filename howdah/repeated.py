"""Faults that one line of a file causes again and again, as one fault."""

import re
from collections.abc import Iterable, Mapping

LINE = re.compile(r"line (\d+)(?=[ :])")


def by_line(faults: Iterable[str], texts: Mapping[str, str]) -> list[str]:
    """One entry for each line: its first fault, how many more there are, and what stands there.

    ``texts``: the line's number -> its text. A fault that names no line stays as it is.
    """
    groups: dict[str, list[str]] = {}
    for fault in faults:
        named = LINE.match(fault)
        groups.setdefault(named[1] if named else fault, []).append(fault)
    entries = []
    for line, group in groups.items():
        entries.append(_entry(group, texts.get(line)) if len(group) > 1 else group[0])
    return entries


def _entry(group: list[str], text: str | None) -> str:
    stands = f": {text}" if text else ""
    return f"{group[0]} (and {len(group) - 1} more by this line{stands})"
