"""Where an empty server would take the place of data."""

import pytest

from howdah import expected
from howdah.cluster import Cluster
from howdah.found import Found, read
from howdah.found.debian import Beside

CLUSTER = Cluster(environment="prod")
CERTIFICATE = "secrets/prod/hosts/db1.crt"


def beside(label: str, whose: str = "prod", *, data: bool = True, release: bool = True) -> Beside:
    return Beside(label, whose, data, release)


def line(other: Beside) -> str:
    """As the snapshot has it."""
    data = "data" if other.data else ""
    release = "release" if other.release else ""
    return "\t".join(["beside", other.label, other.whose, data, release])


def having(*others: Beside) -> Found:
    return read(map(line, others))


def test_other_clusters_are_read() -> None:
    found = read(["beside\t15-main\tprod\tdata\trelease", "beside\t15-a-b\t\tdata\t"])
    assert found.debian.beside == (beside("15-main"), beside("15-a-b", "", release=False))
    assert [each.name for each in found.debian.beside] == ["main", "a-b"]


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (beside("15-main"), "15-main of this environment is here, and 17-main would be an empty"),
        (beside("17-other"), "set cluster_name = 'other'"),
        (beside("15-main", data=False), "is here, without its data, and 17-main"),
        (beside("15-main", release=False), "15-main of this environment is here"),
        (beside("15-main", data=False, release=False), ""),  # a first deploy that was killed
        (beside("15-main", "staging"), ""),
        (beside("15-main", ""), ""),
        (beside("17-reports"), ""),  # another entry of the inventory
    ],
)
def test_cluster_of_the_same_environment(other: Beside, says: str) -> None:
    why = expected.taken_for_new(having(other), CLUSTER, {"reports", "main"})
    assert says in why if says else why == ""


@pytest.mark.parametrize("fact", ["data", "foreign"])
def test_data_that_is_there_or_adopted_is_no_empty_server(fact: str) -> None:
    found = read([fact, line(beside("15-main")), "current\tr-1"])
    assert expected.taken_for_new(found, CLUSTER, set()) == ""
    assert expected.deployed_before(found, CLUSTER, "db1", CERTIFICATE) == ""
    assert expected.lost(found, "/data", "/data") == ""


@pytest.mark.parametrize(
    ("found", "certificate", "stops"),
    [
        (read([]), CERTIFICATE, True),
        (read([]), "", False),  # a new host
        (read(["whose\tprod"]), CERTIFICATE, False),  # a first deploy that was killed
        (having(beside("17-other", data=False, release=False)), CERTIFICATE, False),
        (having(beside("17-other", "staging")), CERTIFICATE, True),
    ],
)
def test_host_that_was_deployed_before(found: Found, certificate: str, stops: bool) -> None:
    why = expected.deployed_before(found, CLUSTER, "db1", certificate)
    assert ("db1 was deployed before (secrets/prod/hosts/db1.crt is there)" in why) is stops


def test_data_of_another_version_is_named() -> None:
    found = having(beside("15-main", "", release=False))
    why = expected.deployed_before(found, CLUSTER, "db1", CERTIFICATE)
    assert "has no data now, but data of 15-main: mount" in why


def test_old_cluster_is_reported() -> None:
    found = read(["data", line(beside("15-main")), line(beside("17-reports"))])
    (report,) = expected.reports(found, CLUSTER, {"reports"})
    assert report.startswith("15-main of this environment is here too")
