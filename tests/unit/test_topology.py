"""Who leads a cluster, and in what order its members restart."""

from howdah.topology import Topology


def test_one_host_leads_itself() -> None:
    alone = Topology.of_one("db1")
    assert alone.leads("db1")
    assert alone.one_by_one() == ["db1"]


def test_standbys_restart_first() -> None:
    three = Topology(("db1", "db2", "db3"), leader="db2")
    assert [member for member in three.members if three.leads(member)] == ["db2"]
    assert three.one_by_one() == ["db1", "db3", "db2"]
