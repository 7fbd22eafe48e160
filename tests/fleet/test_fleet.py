"""Several hosts, and the ways to them."""

from collections.abc import Iterator

import pytest

from tests.fleet.conftest import NewFleet
from tests.fleet.fleet import Fleet

FIRST, SECOND, THIRD = "db1", "db2", "db3"


@pytest.fixture(scope="module")
def three(new_fleet: NewFleet) -> Fleet:
    return new_fleet("trixie", "bookworm", "trixie")


@pytest.fixture
def as_three(three: Fleet) -> Iterator[Fleet]:
    """All of them there, and known."""
    names = zip((FIRST, SECOND, THIRD), three.machines, strict=True)
    three.hosts({name: {"ssh_hostname": m.address} for name, m in names})
    yield three
    three.know()


def test_one_that_is_down_does_not_stop_the_others(as_three: Fleet) -> None:
    """F27."""
    down = as_three.machines[1]
    down.cut_power()
    dry = as_three.pyinfra("--dry", "--json", "deploy.py")
    run = as_three.pyinfra("-y", "deploy.py")
    down.start()
    assert (dry.code, dry.plan["failed_hosts"]) == (1, [SECOND])
    assert dry.plan["hosts"][SECOND]["failed"].startswith("it could not be reached")
    assert "Write the configuration" in dry.plan["hosts"][FIRST]["planned"]
    assert run.code != 0
    assert f"[{SECOND}] failed: " in run.output.partition("Summary:")[2]
    for machine in (as_three.machines[0], as_three.machines[2]):
        assert machine.ask("SELECT count(*) FROM pg_roles WHERE rolname = 'appuser'") == "1"
    as_three.deploy()
    assert as_three.deploy().changed == []


def test_one_that_is_refused_does_not_stop_the_others(as_three: Fleet) -> None:
    """Debian 12 has 15: the host fails before anything of it is touched, dry or not."""
    as_three.deploy()
    third = {"ssh_hostname": as_three.machines[2].address, "work_mem": "6MB"}
    second = {"ssh_hostname": as_three.machines[1].address, "version": 17, "work_mem": "6MB"}
    as_three.hosts({SECOND: second, THIRD: third})
    says = "version = 17: Debian 12 has 15; set that, or nothing"
    dry = as_three.pyinfra("--dry", "deploy.py")
    assert dry.code == 1  # and not 2, though the other host differs
    assert says in dry.output
    assert "work_mem = 6MB" in dry.output
    plan = as_three.pyinfra("--dry", "--json", "deploy.py").plan
    assert (plan["failed_hosts"], plan["exit_code"]) == ([SECOND], 1)
    assert says in plan["hosts"][SECOND]["failed"]
    assert "Write the configuration" in plan["hosts"][THIRD]["planned"]
    run = as_three.pyinfra("-y", "deploy.py")
    assert run.code != 0
    assert says in run.output
    assert as_three.machines[1].ask("SHOW work_mem") != "6MB"
    assert as_three.machines[2].ask("SHOW work_mem") == "6MB"


def test_limit(as_three: Fleet) -> None:
    as_three.deploy()
    for machine in as_three.machines:
        machine.ask("ALTER ROLE appuser CONNECTION LIMIT 1")
    dry = as_three.pyinfra("--dry", "deploy.py")
    assert dry.code == 2
    assert f"Set roles and rights [{FIRST}, {SECOND}, {THIRD}]" in dry.output
    assert dry.output.count("ALTER ROLE appuser ") == 1  # of equal hosts once
    nobody = as_three.pyinfra("-y", "--limit", "nobody", "deploy.py")
    assert nobody.code == 1
    assert "no host of the inventory is left" in nobody.output
    assert as_three.deploy("--limit", FIRST).changed == ["Set roles and rights"]
    limit = "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'appuser'"
    assert [m.ask(limit) == "1" for m in as_three.machines] == [False, True, True]


def test_users_with_sudo(as_three: Fleet) -> None:
    """Nothing but sudo's own rights; a password is not asked for, for others could read it."""
    as_three.deploy()
    host = {"ssh_hostname": as_three.machines[0].address, "work_mem": "7MB"}
    as_three.hosts({FIRST: {**host, "ssh_user": "ops"}})
    assert "needs root: set _sudo = True" in as_three.refused_in_one_line()
    as_three.hosts({FIRST: {**host, "ssh_user": "asked", "_sudo": True}})
    assert "sudo asks for a password" in as_three.refused_in_one_line()
    as_three.hosts({FIRST: {**host, "ssh_user": "asked", "_sudo": True, "_sudo_password": "x"}})
    assert "_sudo_password: " in as_three.refused_in_one_line()
    as_three.hosts({FIRST: {**host, "ssh_user": "ops", "_sudo": True}})
    as_three.deploy()
    assert as_three.machines[0].ask("SHOW work_mem") == "7MB"
    assert as_three.deploy().changed == []


def test_through_a_jump_host(as_three: Fleet) -> None:
    """pyinfra reads it from ssh's own configuration; the logins that are tried go that way too."""
    as_three.deploy()
    jump, machine = as_three.machines[:2]
    config = as_three.folder / "ssh_config"
    config.write_text(
        f"Host jump\n HostName {jump.address}\n User root\n IdentityFile {as_three.key}\n"
        f" StrictHostKeyChecking yes\n UserKnownHostsFile {as_three.known_hosts}\n"
        f"Host behind\n HostName {machine.address}\n ProxyJump jump\n"
    )
    inside = {"ssh_hostname": "behind", "ssh_config_file": str(config), "work_mem": "8MB"}
    as_three.hosts({SECOND: inside})
    machine.sh(f"ip route add blackhole {gateway(machine.address)}")
    try:
        as_three.deploy()
    finally:
        machine.sh(f"ip route del blackhole {gateway(machine.address)}")
    assert machine.ask("SHOW work_mem") == "8MB"


def test_sshd_that_forwards_nothing(as_three: Fleet) -> None:
    """No login can be tried then: said before anything is put in force."""
    as_three.deploy()
    machine = as_three.machines[2]
    machine.sh("echo 'AllowTcpForwarding no' > /etc/ssh/sshd_config.d/a.conf; systemctl reload ssh")
    as_three.hosts({THIRD: {"ssh_hostname": machine.address, "work_mem": "9MB"}})
    assert "needs AllowTcpForwarding local" in as_three.refused_in_one_line()
    assert machine.ask("SHOW work_mem") != "9MB"
    machine.sh("echo 'AllowTcpForwarding local' > /etc/ssh/sshd_config.d/a.conf; "
               "systemctl reload ssh")  # fmt: skip
    as_three.deploy()
    assert machine.ask("SHOW work_mem") == "9MB"


def gateway(address: str) -> str:
    """This machine, in the hosts' network."""
    return f"{address.rpartition('.')[0]}.1"
