"""What the share of memory gives, as settings."""

from howdah.cluster import Cluster
from howdah.settings import KILO, in_bytes

LEAST_WORK_MEM = 4 * KILO**2  # PostgreSQL's default
MOST_MAINTENANCE = 2 * KILO**3  # more does not help a vacuum or an index build


def sized(cluster: Cluster) -> dict[str, str]:
    """Memory settings in kB for ``cluster.memory``; a knob that is set wins.

    PostgreSQL's documentation (19.4, Resource Consumption) starts shared_buffers at a quarter
    of the memory and effective_cache_size at three quarters of it. What is left after
    shared_buffers is divided by max_connections times three sorts or hashes of a busy query
    for work_mem; a sixteenth is maintenance_work_mem.
    """
    memory = in_bytes(cluster.memory)
    buffers = memory // 4
    computed = {
        "shared_buffers": buffers,
        "effective_cache_size": memory * 3 // 4,
        "work_mem": max(LEAST_WORK_MEM, (memory - buffers) // (cluster.max_connections * 3)),
        "maintenance_work_mem": min(MOST_MAINTENANCE, memory // 16),
    }
    return {name: getattr(cluster, name) or f"{size // KILO}kB" for name, size in computed.items()}
