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
        key = fault
        named = LINE.match(fault)
        if named:
            key = named[1]
        group = groups.setdefault(key, [])
        group.append(fault)
    entries = []
    for line, group in groups.items():
        text = texts.get(line, "")
        entries.append(_entry(group, text))
    return entries


def _entry(group: list[str], text: str) -> str:
    first = group[0]
    more = len(group) - 1
    if not more:
        return first
    if not text:
        return f"{first} (and {more} more by this line)"
    return f"{first} (and {more} more by this line: {text})"
