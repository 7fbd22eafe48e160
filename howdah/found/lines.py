"""A host's answer, by the word that each of its lines begins with."""

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from howdah.errors import HowdahError

T = TypeVar("T")
Values = list[str]  # of a fact
Row = list[Any]
SHOWN = 60  # of a line


class AnswerError(HowdahError):
    """The host, or its server, did not answer as it must."""


class Lines:
    """Facts, which are tab-separated lines of the shell, and rows, which are JSON of psql.

    Each part of Found reads its own. ``check_known`` rejects what no part has read: a greeting.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.rows: list[Row] = []  # with their words
        self._rows: dict[str, list[Row]] = {}
        self._facts: dict[str, list[Values]] = {}
        self._known: set[str] = set()
        for line in lines:
            if line.startswith("["):
                self._add_row(line)
            elif line:
                self._add_fact(line)

    def _add_fact(self, line: str) -> None:
        word, *values = line.split("\t")
        facts = self._facts.setdefault(word, [])
        facts.append(values)

    def _add_row(self, line: str) -> None:
        row = _row(line)
        self.rows.append(row)
        rows = self._rows.setdefault(row[0], [])
        rows.append(row)

    def is_there(self, word: str) -> bool:
        """Whether the host has answered the fact."""
        return self.count(word) > 0

    def count(self, word: str) -> int:
        """How many of it there are."""
        facts = self._facts_of(word)
        return len(facts)

    def each(
        self,
        word: str,
        read: Callable[[Values], T],
    ) -> list[T]:
        """What ``read`` makes of the values of each such fact. Raises AnswerError."""
        made = []
        for values in self._facts_of(word):
            try:
                one = read(values)
            except (ValueError, LookupError):
                raise _noise(word, *values) from None
            made.append(one)
        return made

    def _facts_of(self, word: str) -> list[Values]:
        self._known.add(word)
        return self._facts.get(word, [])

    def texts(self, word: str) -> list[str]:
        """The first value of each such fact. Raises AnswerError."""
        return self.each(word, _first)

    def text(self, word: str) -> str:
        """The same of one; empty: there is none. Raises AnswerError."""
        texts = self.texts(word)
        if not texts:
            return ""
        return texts[-1]

    def number(self, word: str) -> int | None:
        """The same as a number; None: there is none. Raises AnswerError."""
        numbers = self.each(word, whole)
        if not numbers:
            return None
        return numbers[-1]

    def rows_of(self, word: str) -> list[Row]:
        """The values of each such row."""
        rows = self._rows.get(word, [])
        return [row[1:] for row in rows]

    def row(self, word: str) -> Row:
        """The values of one; none: there is no such row."""
        rows = self.rows_of(word)
        if not rows:
            return []
        return rows[-1]

    def values(self, word: str) -> tuple[Any, ...]:
        """Of rows that have one each."""
        values = []
        for (value,) in self.rows_of(word):
            values.append(value)
        return tuple(values)

    def check_known(self) -> None:
        """Raises AnswerError for a fact that no part has read."""
        for word, facts in self._facts.items():
            if word not in self._known:
                raise _noise(word, *facts[0])


def joined(values: Values) -> str:
    """A line of text that may have tabs itself."""
    return "\t".join(values)


def whole(values: Values) -> int:
    """The first one, as a number."""
    return int(values[0])


def fraction(values: Values) -> float:
    """The same of one that has a point."""
    return float(values[0])


def _first(values: Values) -> str:
    return values[0]


def _row(line: str) -> Row:
    try:
        row: Row = json.loads(line)
    except ValueError:
        raise _noise(line) from None
    if not row or not isinstance(row[0], str):
        raise _noise(line)
    return row


def _noise(*words: str) -> AnswerError:
    line = "\t".join(words)
    shown = line[:SHOWN]
    return AnswerError(f"the host answered {shown!r}; needs a quiet shell")
