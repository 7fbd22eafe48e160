"""What the share of memory, the cores and the disk give."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.hardware import GB, UNKNOWN, Hardware
from howdah.settings import KILO, in_bytes
from howdah.sizing import LEAST_WORK_MEM, share, sized, taken

MEMORY = ("shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem",
          "autovacuum_work_mem")  # fmt: skip
HOSTS = st.builds(
    Hardware,
    memory=st.integers(1 * GB, 256 * GB),
    cores=st.integers(1, 128),
    disk=st.integers(1 * GB, 65536 * GB),
)


def cluster(**data: Any) -> Cluster:
    return Cluster(environment="test", **data)


def sizes(hardware: Hardware = UNKNOWN, **data: Any) -> dict[str, str]:
    return sized(cluster(**data), hardware)


@given(HOSTS, st.integers(1, 100), st.integers(5, 1000))
def test_never_more_than_the_share(hardware: Hardware, percent: int, connections: int) -> None:
    """All at work at once, or a refusal: nothing between them."""
    wanted = cluster(memory=f"{percent}%", max_connections=connections)
    try:
        given = sized(wanted, hardware)
    except ClusterError as e:
        assert str(e).startswith(f"memory = '{percent}%'")  # noqa: PT017 both ways are right
        return
    memory = {name: in_bytes(given[name]) for name in MEMORY}
    assert taken(memory, wanted, hardware.cores) <= share(wanted, hardware)
    assert share(wanted, hardware) <= hardware.memory * percent / 100
    assert memory["effective_cache_size"] <= share(wanted, hardware)


@given(HOSTS)
def test_every_host_from_1_gb_has_room_for_the_defaults(hardware: Hardware) -> None:
    given = sizes(hardware)
    assert in_bytes(given["work_mem"]) >= LEAST_WORK_MEM


@given(HOSTS)
def test_what_the_server_accepts(hardware: Hardware) -> None:
    """The ranges of pg_settings: each is an int of its unit, and some have more to say."""
    given = sizes(hardware)
    assert all(in_bytes(given[name]) % KILO == 0 for name in MEMORY)
    assert all(in_bytes(given[name]) // KILO < 2**31 for name in MEMORY)
    assert in_bytes(given["max_wal_size"]) >= 2 * in_bytes(given["min_wal_size"]) >= 64 * KILO**2
    assert in_bytes(given["max_wal_size"]) <= hardware.disk // 10
    kept = in_bytes(given["max_slot_wal_keep_size"])
    assert 2 * in_bytes(given["max_wal_size"]) <= kept < 2**31 * KILO**2
    assert 64 <= int(given["max_notify_queue_pages"]) < 2**31
    workers = int(given["max_worker_processes"])
    assert hardware.cores <= int(given["max_parallel_workers"]) <= workers
    for part in ("max_parallel_workers_per_gather", "max_parallel_maintenance_workers"):
        assert 0 <= int(given[part]) <= 4
    assert 200 <= int(given["autovacuum_vacuum_cost_limit"]) <= 10000
    assert 3 <= int(given["autovacuum_max_workers"]) <= 8


@given(HOSTS, st.integers(1, 64))
def test_more_hardware_never_gives_less(hardware: Hardware, more: int) -> None:
    larger = Hardware(hardware.memory * more, hardware.cores, hardware.disk)
    small, large = sizes(hardware), sizes(larger)
    assert all(in_bytes(small[name]) <= in_bytes(large[name]) for name in MEMORY)


def test_an_ordinary_host() -> None:
    assert sizes(Hardware(16 * GB, 8, 500 * GB)) == {
        "shared_buffers": "3145728kB",  # a quarter of 12 GB
        "effective_cache_size": "9437184kB",
        "maintenance_work_mem": "786432kB",
        "autovacuum_work_mem": "196608kB",
        "work_mem": "24828kB",  # what is left, by 3 × (100 connections + 8 workers)
        "max_locks_per_transaction": "256",
        "max_wal_size": "8192MB",
        "min_wal_size": "2048MB",
        "max_worker_processes": "8",
        "max_parallel_workers": "8",
        "max_parallel_workers_per_gather": "4",
        "max_parallel_maintenance_workers": "4",
        "autovacuum_max_workers": "3",
        "autovacuum_vacuum_cost_limit": "600",
        "max_slot_wal_keep_size": "51200MB",  # a tenth of the disk
        "max_notify_queue_pages": "131072",  # 1 GB
    }


def test_small_disk() -> None:
    """The least that a server needs, whatever the disk has."""
    given = sizes(Hardware(16 * GB, 8, GB))
    assert (given["max_wal_size"], given["max_slot_wal_keep_size"]) == ("64MB", "128MB")
    assert given["max_notify_queue_pages"] == "8192"  # 64 MB


def test_queue_of_notify_before_17() -> None:
    assert "max_notify_queue_pages" not in sizes(version=16)


@pytest.mark.parametrize(
    ("memory", "allowed"),
    [("75%", 12 * GB), ("50%", 8 * GB), ("100%", 16 * GB), ("1%", 163 * KILO**2 + 880803),
     ("3GB", 3 * GB), ("64MB", 64 * KILO**2), ("16GB", 16 * GB)],
)  # fmt: skip
def test_share_of_the_host(memory: str, allowed: int) -> None:
    assert share(cluster(memory=memory), Hardware(16 * GB, 8, GB)) == allowed


def test_share_in_per_cent_does_not_follow_every_kernel() -> None:
    """Another kernel leaves a little more or less: that must not restart a server."""
    hosts = (Hardware(16 * GB - part * KILO**2, 8, GB) for part in (280, 300, 330))
    assert len({share(cluster(), host) for host in hosts}) == 1


def test_more_than_the_host_has_is_refused() -> None:
    with pytest.raises(
        ClusterError, match=r"^memory = '17GB': is 17408 MB; needs 64 MB to the 16384"
    ):
        share(cluster(memory="17GB"), Hardware(16 * GB, 8, GB))


def test_connections_that_do_not_fit_are_refused() -> None:
    with pytest.raises(
        ClusterError, match="64 MB do not hold shared_buffers of 16 MB and 304 proc"
    ):
        sizes(memory="64MB", max_connections=300)


@pytest.mark.parametrize(
    "name", ["shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem"]
)
def test_option_that_is_set_wins(name: str) -> None:
    bare = sizes(memory="8GB")
    options: dict[str, Any] = {"memory": "8GB", name: "123MB"}
    given = sizes(**options)
    assert given[name] == "123MB"
    left = {"work_mem"} if name in ("shared_buffers", "maintenance_work_mem") else set()
    assert {n for n in bare if bare[n] != given[n]} == {name, *left}


def test_work_mem_that_is_set_may_count_on_fewer_at_once() -> None:
    assert sizes(memory="1GB", work_mem="64MB")["work_mem"] == "64MB"


def test_least_memory_has_room_for_the_defaults() -> None:
    assert in_bytes(sizes(memory="64MB")["work_mem"]) >= LEAST_WORK_MEM


@pytest.mark.parametrize(
    ("memory", "connections", "locks"),
    [("256MB", 100, "64"), ("512MB", 100, "192"), ("1GB", 100, "256"), ("1GB", 1000, "64")],
)
def test_locks_take_a_sixty_fourth_of_the_share(memory: str, connections: int, locks: str) -> None:
    given = sizes(Hardware(16 * GB, 2, GB), memory=memory, max_connections=connections)
    assert given["max_locks_per_transaction"] == locks
