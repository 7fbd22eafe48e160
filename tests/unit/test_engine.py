"""What an engine must be like."""

from dataclasses import replace
from typing import Any

import pytest

from howdah import engine, found
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.found.docker import DockerNetwork
from howdah.hardware import Hardware

HARDWARE = Hardware(memory=2**32, cores=2, disk=2**40)
OWN = "howdah-test"


def fault(networks: list[DockerNetwork], security: tuple[str, ...] = (), **options: Any) -> str:
    """Why the engine is rejected; empty: it is not."""
    cluster = Cluster(environment="test", runtime="docker", version=16, **options)
    its = replace(found.read([]).docker, networks=tuple(networks), security=security)
    try:
        engine.check(its, cluster, HARDWARE)
    except ClusterError as e:
        return str(e)
    return ""


@pytest.mark.parametrize(
    ("name", "subnet", "containers", "needs"),
    [
        ("bridge", "172.17.0.0/16", (), ""),
        ("other", "fd00::/64", (), ""),
        ("other", "10.77.128.0/24", (), ""),
        ("other", "10.76.0.0/15", (), "overlaps 10.76.0.0/15, the network other"),
        ("other", "10.77.0.128/28", (), "overlaps"),
        ("application_internal", "10.77.0.0/24", (OWN, "app"), ""),
        ("application_internal", "10.70.0.0/24", (OWN,), "with 10.70.0.0/24; docker compose down"),
        (
            "application_internal",
            "10.70.0.0/24",
            (OWN, "app"),
            "stop app, then docker compose down",
        ),
    ],
)
def test_network(name: str, subnet: str, containers: tuple[str, ...], needs: str) -> None:
    said = fault([DockerNetwork(name, subnet, containers)])
    assert needs in said
    assert bool(said) == bool(needs)


@pytest.mark.parametrize("mode", ["userns", "rootless"])
def test_engine_of_other_users(mode: str) -> None:
    assert f"the engine runs with {mode}" in fault([], (f"name={mode}", "name=cgroupns"))
    assert fault([], ("name=seccomp,profile=builtin", "name=cgroupns")) == ""


def test_bound_below_the_share() -> None:
    assert "needs more than the 3072 MB" in fault([], docker_memory="3GB", memory="75%")
    assert fault([], docker_memory="3200MB", memory="75%") == ""
