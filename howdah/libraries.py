"""What the server loads at its start: shared_preload_libraries, from all who need a part of it."""

from collections.abc import Iterable

from components import COMPONENTS, there
from howdah.cluster import Cluster
from howdah.layout import Layout

SETTING = "shared_preload_libraries"


def preloaded(cluster: Cluster, layout: Layout) -> list[str]:
    """The components', then the inventory's in its order, each once.

    A component's library that the inventory names stands where the inventory has it: some library
    wants to be the first.
    """
    names = []
    for component in there(cluster, layout):
        for name in component.libraries:
            if name not in cluster.libraries:
                names.append(name)
    names += cluster.libraries
    return list(dict.fromkeys(names))


def own() -> set[str]:
    """What some component loads, in this cluster or in another one."""
    names = set[str]()
    for component in COMPONENTS:
        names.update(component.libraries)
    return names


def keeping(cluster: Cluster, loaded: Iterable[str]) -> Cluster:
    """A cluster that is adopted keeps what it has loaded, until the inventory has a list."""
    if not _keeps(cluster):
        return cluster
    kept = {"libraries": _others(loaded)}
    return cluster.model_copy(update=kept)


def reports(cluster: Cluster, loaded: Iterable[str]) -> list[str]:
    """What is kept by `adopt` alone, and would go with it."""
    kept = list(_others(loaded))
    if not kept or not _keeps(cluster):
        return []
    return [
        f"loaded before the adoption, and kept: write libraries = {kept!r} into the inventory, "
        "or the first deploy without adopt takes them out"
    ]


def _keeps(cluster: Cluster) -> bool:
    return cluster.adopt and "libraries" not in cluster.model_fields_set


def _others(loaded: Iterable[str]) -> tuple[str, ...]:
    components = own()
    return tuple(name for name in loaded if name not in components)


def split(value: str) -> list[str]:
    """The value of shared_preload_libraries -> names, as PostgreSQL splits it."""
    names = []
    for part in value.split(","):
        name = part.strip().strip('"')
        if name:
            names.append(name)
    return names
