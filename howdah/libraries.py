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
    if not _keeps(cluster):
        return cluster
    return cluster.model_copy(update={"libraries": _others(loaded)})


def reports(cluster: Cluster, loaded: Iterable[str]) -> list[str]:
    """What is kept by `adopt` alone, and would go with it."""
    kept = list(_others(loaded))
    if not (kept and _keeps(cluster)):
        return []
    return [f"loaded before the adoption, and kept: write libraries = {kept!r} into the inventory, "
            "or the first deploy without adopt takes them out"]  # fmt: skip


def _keeps(cluster: Cluster) -> bool:
    return cluster.adopt and "libraries" not in cluster.model_fields_set


def _others(loaded: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in loaded if name not in OWN)


def split(value: str) -> list[str]:
    """The value of shared_preload_libraries -> names, as PostgreSQL splits it."""
    names = []
    for part in value.split(","):
        name = part.strip().strip('"')
        if name:
            names.append(name)
    return names
