"""What the server loads at its start: shared_preload_libraries, from all who need a part of it."""

from collections.abc import Iterable

from howdah.cluster import Cluster

# auth_delay makes guessing slow; pg_stat_statements counts what takes the time.
OWN = ("auth_delay", "pgaudit", "pg_stat_statements")


def preloaded(cluster: Cluster, *, audit: bool) -> list[str]:
    """Howdah's own, then the inventory's in its order, each once.

    One of Howdah's own that the inventory names stands where the inventory has it: some library
    wants to be the first. ``audit``: whether pgaudit is there.
    """
    names = []
    for name in OWN:
        is_there = audit or name != "pgaudit"
        if is_there and name not in cluster.libraries:
            names.append(name)
    for name in cluster.libraries:
        if name not in names:
            names.append(name)
    return names


def keeping(cluster: Cluster, loaded: Iterable[str]) -> Cluster:
    """A cluster that is adopted keeps what it has loaded, until the inventory has a list."""
    is_said = "libraries" in cluster.model_fields_set
    if is_said or not cluster.adopt:
        return cluster
    kept = tuple(name for name in loaded if name not in OWN)
    return cluster.model_copy(update={"libraries": kept})


def split(value: str) -> list[str]:
    """The value of shared_preload_libraries -> names, as PostgreSQL splits it."""
    names = []
    for part in value.split(","):
        name = part.strip().strip('"')
        if name:
            names.append(name)
    return names
