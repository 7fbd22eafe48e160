"""What the share of memory gives."""

from typing import Any

import pytest

from howdah.cluster import Cluster
from howdah.sizing import sized


def sizes(**data: Any) -> dict[str, str]:
    return sized(Cluster(environment="test", **data))


def test_quarter_and_three_quarters_of_a_gigabyte() -> None:
    assert sizes(memory="1GB") == {
        "shared_buffers": "262144kB",
        "effective_cache_size": "786432kB",
        "work_mem": "4096kB",
        "maintenance_work_mem": "65536kB",
    }


def test_work_mem_is_what_is_left_for_three_sorts_of_each_connection() -> None:
    # 64 GB less a quarter, by 100 × 3
    assert sizes(memory="64GB", max_connections=100)["work_mem"] == "167772kB"
    assert sizes(memory="64GB", max_connections=200)["work_mem"] == "83886kB"


def test_work_mem_is_never_below_the_default() -> None:
    assert sizes(memory="64MB", max_connections=10000)["work_mem"] == "4096kB"


@pytest.mark.parametrize(("memory", "most"), [("16GB", "1048576kB"), ("32GB", "2097152kB"),
                                              ("512GB", "2097152kB")])  # fmt: skip
def test_maintenance_has_a_ceiling(memory: str, most: str) -> None:
    assert sizes(memory=memory)["maintenance_work_mem"] == most


@pytest.mark.parametrize(
    "name", ["shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem"]
)
def test_knob_that_is_set_wins_alone(name: str) -> None:
    bare = sizes(memory="8GB")
    assert sizes(memory="8GB", **{name: "123MB"}) == {**bare, name: "123MB"}


def test_least_memory_gives_what_postgresql_accepts() -> None:
    """At least 128kB of shared_buffers and 1MB (64kB since 17) of maintenance_work_mem."""
    assert sizes(memory="64MB") == {
        "shared_buffers": "16384kB",
        "effective_cache_size": "49152kB",
        "work_mem": "4096kB",
        "maintenance_work_mem": "4096kB",
    }
