"""A bare host over SSH, from nothing to a server that changes nothing."""

import pytest

from tests.fleet.conftest import NewFleet
from tests.fleet.engine import SUITES
from tests.server.test_summary import lines_of_a_screen

OPERATIONS = ["Install PostgreSQL", "Issue secrets and certificates",
              "Initialise the data directory", "Write the configuration", "Load the configuration",
              "Set roles and rights", "Migrate the schema",
              "Prove that every role can log in"]  # fmt: skip

FILES = "find / -xdev -path /var/log -prune -o -type f -printf '%p %s %T@\\n' | sort | md5sum"


@pytest.mark.parametrize("suite", SUITES)
def test_from_bare_to_converged(new_fleet: NewFleet, suite: str) -> None:
    """The smallest inventory is a list of hosts: packages, production, the system's version."""
    fleet = new_fleet(suite, bare=True)
    machine = fleet.machines[0]
    before = machine.sh(FILES)
    shown = fleet.shown()
    for says in (f"apt-get install postgresql-{SUITES[suite]}", "+++ postgresql.conf wanted",
                 "+hostssl appdb appuser 127.0.0.1/32 scram-sha-256", "CREATE ROLE appuser",
                 "CREATE TABLE app.users"):  # fmt: skip
        assert says in shown
    plan = fleet.pyinfra("--dry", "deploy.py")
    assert plan.code == 2
    assert lines_of_a_screen(plan.output) <= 60, plan.output
    assert machine.sh(FILES) == before
    assert fleet.deploy().changed == OPERATIONS
    again = fleet.deploy()
    assert again.changed == []
    assert len(again.commands) <= 2
    assert fleet.dry().changed == []
    unit = f"postgresql@{SUITES[suite]}-main"
    assert machine.sh(f"systemctl is-active {unit}") == "active"
    assert machine.sh("pg_lsclusters -h").split()[:4] == [
        str(SUITES[suite]),
        "main",
        "5432",
        "online",
    ]
    assert machine.ask("SHOW data_checksums") == "on"
    assert machine.ask("SELECT datcollate FROM pg_database WHERE datname = 'appdb'") == "C.UTF-8"
    machine.reboot()
    assert machine.sh(f"systemctl is-active {unit}") == "active"
    assert fleet.deploy().changed == []
