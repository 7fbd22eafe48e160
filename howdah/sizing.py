"""What the share of memory, the cores and the disk give, as settings."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from howdah.errors import ClusterError
from howdah.hardware import Hardware
from howdah.settings import KILO, in_bytes

if TYPE_CHECKING:
    from howdah.cluster import Cluster

MEGA = KILO**2
GIGA = KILO**3
LEAST_SHARE = 64 * MEGA  # below it a server cannot have the least that it asks for
STEP = 256 * MEGA  # of a share in per cent: a new kernel takes a little more and changes nothing
LEAST_WORK_MEM = 64 * KILO  # the server rejects less
LEAST_BUFFERS = 128 * KILO  # likewise
MOST_MAINTENANCE = 2 * GIGA  # more does not help an index build
MOST_VACUUM = GIGA  # before PostgreSQL 17 a vacuum uses no more
MOST_WAL_BUFFERS = 16 * MEGA  # one segment: what the server takes by itself
LEAST_LOCKS = 64  # the server's default
MOST_LOCKS = 256  # four times it
LOCK_ENTRY = 400  # bytes of shared memory for a lock and its holder: seen
LEAST_WAL = 64 * MEGA
MOST_WAL = 8 * GIGA
NOTIFY_PAGE = 8 * KILO
LEAST_NOTIFY = 64 * MEGA
MOST_NOTIFY = GIGA
BOUNDED_NOTIFY_SINCE = 17  # before it, 8 GB whatever is wanted
AT_ONCE = 3  # a sort, and a hash table of hash_mem_multiplier = 2 times work_mem


def share(cluster: "Cluster", hardware: Hardware) -> int:
    """The bytes that ``memory`` allows. Raises ClusterError for more than the host has."""
    if cluster.memory.endswith("%"):
        part = hardware.memory * int(cluster.memory[:-1]) // 100
        allowed = part // STEP * STEP or part
    else:
        allowed = in_bytes(cluster.memory)
    if not LEAST_SHARE <= allowed <= hardware.memory:
        raise ClusterError(
            f"memory = {cluster.memory!r}: is {allowed // MEGA} MB; needs 64 MB to "
            f"the {hardware.memory // MEGA} MB that the host has"
        )
    return allowed


def sized(cluster: "Cluster", hardware: Hardware) -> dict[str, str]:
    """The settings that the hardware decides; an option or an entry of ``settings`` wins.

    Memory, from PostgreSQL's documentation (19.4, Resource Consumption) and the formulas of
    PGTune: shared_buffers is a quarter of the share, effective_cache_size three quarters,
    maintenance_work_mem a sixteenth and autovacuum_work_mem a sixty-fourth. What is left,
    by three for each connection and each parallel worker, is work_mem: so that one sort and one
    hash table in every process at once stay inside the share.

    Workers, likewise: one for each core, at least the server's own 8 slots; half of the cores,
    at most 4, for one query or one index build. A vacuum worker for each four cores, 3 to 8,
    each with the cost limit that the server gives to one (19.10).

    The table of locks, which all sessions share: a sixty-fourth of the share, and 64 to 256 locks
    for each connection. A dump locks every table, and a role that goes astray fills it later.

    WAL (28.5): a checkpoint after a twentieth of the disk, 64 MB to 8 GB; a quarter of that,
    and two segments at least, is kept for reuse. A replication slot keeps at most a tenth of the
    disk, or twice that checkpoint's WAL; then its standby has to be made anew.

    What is notified and not yet read (LISTEN): a hundredth of the disk, 64 MB to 1 GB.

    Raises ClusterError for what does not fit the share.
    """
    allowed = share(cluster, hardware)
    cores = hardware.cores
    sizes = {}
    for name, size in _memory(cluster, allowed, cores).items():
        chosen = getattr(cluster, name, None)
        sizes[name] = chosen or f"{size // KILO}kB"
    sizes["max_locks_per_transaction"] = str(_locks(cluster, allowed, cores))
    sizes.update(_wal(hardware.disk))
    sizes.update(_workers(cores))
    if cluster.version >= BOUNDED_NOTIFY_SINCE:
        queue = within(LEAST_NOTIFY, hardware.disk // 100, MOST_NOTIFY)
        sizes["max_notify_queue_pages"] = str(queue // NOTIFY_PAGE)
    return sizes


def within(
    least: int,
    size: int,
    most: int,
) -> int:
    """The size, if it is between the other two; else the nearer one."""
    return min(most, max(least, size))


def _wal(disk: int) -> dict[str, str]:
    steps = disk // 20 // LEAST_WAL
    wal = within(LEAST_WAL, steps * LEAST_WAL, MOST_WAL)
    reused = max(LEAST_WAL // 2, wal // 4)
    kept = max(2 * wal, disk // 10)
    return {
        "max_wal_size": f"{wal // MEGA}MB",
        "min_wal_size": f"{reused // MEGA}MB",
        "max_slot_wal_keep_size": f"{kept // MEGA}MB",
    }


def _workers(cores: int) -> dict[str, str]:
    processes = max(8, cores)
    of_one_query = min(4, cores // 2)
    of_vacuum = vacuums(cores)
    return {
        "max_worker_processes": str(processes),
        "max_parallel_workers": str(cores),
        "max_parallel_workers_per_gather": str(of_one_query),
        "max_parallel_maintenance_workers": str(of_one_query),
        "autovacuum_max_workers": str(of_vacuum),
        "autovacuum_vacuum_cost_limit": str(200 * of_vacuum),
    }


def vacuums(cores: int) -> int:
    """Workers of autovacuum."""
    return within(3, cores // 4, 8)


def _locks(
    cluster: "Cluster",
    memory: int,
    cores: int,
) -> int:
    """For each connection, in steps: a little more memory changes nothing."""
    processes = cluster.max_connections + cores
    fit = memory // 64 // (processes * LOCK_ENTRY)
    steps = fit // LEAST_LOCKS
    return within(LEAST_LOCKS, steps * LEAST_LOCKS, MOST_LOCKS)


def taken(
    sizes: Mapping[str, int],
    cluster: "Cluster",
    cores: int,
) -> int:
    """Bytes that a server takes when every process does at once what these sizes allow it."""
    processes = cluster.max_connections + cores
    buffers = sizes["shared_buffers"]
    bytes_taken = buffers
    bytes_taken += min(MOST_WAL_BUFFERS, buffers // 32)
    bytes_taken += sizes["maintenance_work_mem"]
    bytes_taken += sizes["autovacuum_work_mem"] * vacuums(cores)
    bytes_taken += sizes["work_mem"] * AT_ONCE * processes
    return bytes_taken


def _memory(
    cluster: "Cluster",
    memory: int,
    cores: int,
) -> dict[str, int]:
    """In bytes; work_mem is what the others leave."""
    sizes = {
        "shared_buffers": max(LEAST_BUFFERS, memory // 4),
        "effective_cache_size": memory * 3 // 4,
        "maintenance_work_mem": min(MOST_MAINTENANCE, memory // 16),
        "autovacuum_work_mem": min(MOST_VACUUM, memory // 64),
        "work_mem": 0,
    }
    for name in sizes:
        chosen = getattr(cluster, name, None)
        if chosen:
            sizes[name] = in_bytes(chosen)
    processes = cluster.max_connections + cores
    of_others = {**sizes, "work_mem": 0}
    left = memory - taken(of_others, cluster, cores)
    if not cluster.work_mem:  # who sets it knows how many sort at once
        sizes["work_mem"] = left // (processes * AT_ONCE)
    if left < 0 or sizes["work_mem"] < LEAST_WORK_MEM:
        needs = _needs(sizes, processes)
        raise ClusterError(
            f"memory = {cluster.memory!r}: {memory // MEGA} MB do not hold "
            f"{needs}; raise it, or lower them"
        )
    return sizes


def _needs(sizes: Mapping[str, int], processes: int) -> str:
    work = max(sizes["work_mem"], LEAST_WORK_MEM) // KILO
    buffers = sizes["shared_buffers"] // MEGA
    return f"shared_buffers of {buffers} MB and {processes} processes with {AT_ONCE} × {work} kB"
