"""What a distribution needs here, and what that needs in turn, as their metadata has it."""

from collections.abc import Iterable, Iterator
from importlib.metadata import requires

from packaging.requirements import Requirement


def all_needs(first: Iterable[Requirement]) -> dict[str, Requirement]:
    """Each need of the installed ones, by its text; ``first`` among them."""
    waiting = list(first)
    found: dict[str, Requirement] = {}
    while waiting:
        need = waiting.pop()
        if str(need) not in found:
            found[str(need)] = need
            waiting += _needs_of(need)
    return found


def _needs_of(requirement: Requirement) -> Iterator[Requirement]:
    """What a requirement asks for here, its extras included."""
    extras = requirement.extras or {""}
    for text in requires(requirement.name) or []:
        need = Requirement(text)
        if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in extras):
            yield need
