"""What the probes of components are answered, by their names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from howdah.component import Probe, Row, T
from howdah.found.lines import Lines, Values, joined

Answer = Sequence[Any]  # a probe's name, and a row or a line


@dataclass(frozen=True)
class Probes:
    """Rows of their SQL, and lines of their shell."""

    rows: Mapping[str, Sequence[Row]]
    lines: Mapping[str, Sequence[str]]

    def of(self, probe: Probe[T]) -> T:
        """What one of them has found."""
        rows = self.rows.get(probe.name, [])
        lines = self.lines.get(probe.name, [])
        return probe.read(rows, lines)


def read(lines: Lines) -> Probes:
    """Raises AnswerError."""
    rows = lines.rows_of("probe")
    shown = lines.each("probe", _line)
    return Probes(
        rows=_by_name(rows),
        lines=_by_name(shown),
    )


def _by_name(answers: Iterable[Answer]) -> dict[str, list[Any]]:
    named: dict[str, list[Any]] = {}
    for name, answer in answers:
        others = named.setdefault(name, [])
        others.append(answer)
    return named


def _line(values: Values) -> tuple[str, str]:
    name, *words = values
    line = joined(words)
    return name, line
