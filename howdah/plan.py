"""What a run would do on several hosts, so that what is the same on all of them is read once."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

WIDTH = 80

Lines = Sequence[str]


Key = tuple[str, tuple[str, ...]]  # of a group: the operation, and what it would do


@dataclass
class Group:
    """Hosts on which an operation would do the same."""

    operation: str
    lines: tuple[str, ...]
    hosts: list[str] = field(default_factory=list)


def groups(operations: Iterable[str], hosts: Mapping[str, Mapping[str, Lines]]) -> list[Group]:
    """``hosts``: the host's name -> operation -> what it would do. In the operations' order."""
    found: dict[Key, Group] = {}
    for operation in dict.fromkeys(operations):
        for host, planned in hosts.items():
            if operation not in planned:
                continue
            lines = tuple(planned[operation])
            new = Group(operation, lines)
            group = found.setdefault((operation, lines), new)
            group.hosts.append(host)
    return list(found.values())


def text(found: Iterable[Group]) -> Iterator[str]:
    """A heading for each group, with its hosts, and its lines below."""
    for group in found:
        hosts = ", ".join(group.hosts)
        yield from wrapped(f"    {group.operation} [{hosts}]")
        for line in group.lines:
            yield f"        {line}"


def wrapped(
    line: str,
    *,
    indent: int = 12,
    width: int = WIDTH,
) -> list[str]:
    """At 80 columns; what is pasted, a path or a command's option, stays whole."""
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
