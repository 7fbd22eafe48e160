"""What somebody has changed on a host: named by a dry run, put right by one deploy."""

import time

import pytest

from tests.fleet.single import Single
from tests.matrix import sampled
from tests.server import refusals

# In a shell on the host, in the folder of the release in force; {etc} is Debian's folder.
ON_DISK = {
    "file edited": ("echo work_mem = 1GB >> postgresql.conf", "-work_mem = 1GB"),
    "mode": ("chmod 666 pg_hba.conf", "pg_hba.conf: its owner, mode or type"),
    "mode of the key": ("chmod 644 server.key", "changed: server.key (content not shown)"),
    "strange file": ("touch extra.conf", "extra.conf is not as it was written"),
    "ALTER SYSTEM of another time": (
        "echo \"lock_timeout = '1h'\" >> {data}/postgresql.auto.conf",
        "{data}/postgresql.auto.conf: take out lock_timeout = '1h', wanted '10s'",
    ),
    "unit disabled": ("systemctl disable {unit}", "enable {unit}"),
    "drop-in": (
        "sed -i /OOMPolicy/d /etc/systemd/system/{unit}.service.d/howdah.conf",
        "+OOMPolicy=continue",
    ),
    "what bounds the log": (
        "systemctl disable --now {logs}.path; rm {home}/prune_logs.sh",
        "{logs}.path: what bounds the log, enabled",
    ),
    "start.conf": ("echo manual > {etc}/start.conf", "{etc}/start.conf: auto"),
    "link replaced": (
        "rm {etc}/pg_hba.conf; echo 'local all all trust' > {etc}/pg_hba.conf",
        "{etc}/pg_hba.conf: a link to what is in force",
    ),
}
BY_THEMSELVES = ["file edited", "unit disabled", "drop-in"]
IN_THE_SERVER = {
    "role": ("ALTER ROLE appuser CREATEDB", "NOCREATEDB"),
    "grant": ("GRANT CONNECT ON DATABASE temporal TO PUBLIC",
              "REVOKE CONNECT ON DATABASE temporal FROM PUBLIC"),
    "setting of a role": ("ALTER ROLE appuser SET jit = on", "ALTER ROLE appuser RESET jit"),
}  # fmt: skip


def names_of(single: Single) -> dict[str, str]:
    logs = f"howdah-logs-{single.version}-main"
    places = {"etc": single.debian, "data": single.data, "home": single.etc}
    return {"unit": single.unit, "logs": logs, **places}


def drift(single: Single, shell: str) -> None:
    names = names_of(single)
    single.machine.sh(f"set -e; cd {single.etc}/current; {shell.format(**names)}")


def test_every_drift_is_named_and_put_right(converged: Single) -> None:
    """All at once; one run is enough."""
    for shell, _ in ON_DISK.values():
        drift(converged, shell)
    for sql, _ in IN_THE_SERVER.values():
        converged.ask(sql)
    shown, names = converged.shown(), names_of(converged)
    wanted = [line.format(**names) for _, line in (*ON_DISK.values(), *IN_THE_SERVER.values())]
    assert [line for line in wanted if line not in shown] == []
    refusals.converges(converged)
    assert converged.machine.sh(f"systemctl is-enabled {converged.unit}") == "enabled"
    assert converged.machine.sh(f"readlink {converged.debian}/pg_hba.conf").startswith(
        converged.etc
    )


@pytest.mark.parametrize("what", sampled(ON_DISK, BY_THEMSELVES))
def test_drift_of_a_file(converged: Single, what: str) -> None:
    """By itself, since all at once one may hide behind another."""
    shell, line = ON_DISK[what]
    drift(converged, shell)
    assert line.format(**names_of(converged)) in converged.shown()
    planned = converged.planned
    assert {*converged.deploy().changed} == planned
    assert converged.deploy().changed == []


@pytest.mark.parametrize("put", sampled(["reload", "restart"], ["restart"]))
def test_link_replaced_and_loaded(converged: Single, put: str) -> None:
    """The running server must lose it too, also when the run is killed between the two."""
    drift(converged, "cp -a --remove-destination postgresql.conf {etc}/postgresql.conf; "
                     "echo work_mem = 1GB >> {etc}/postgresql.conf")  # fmt: skip
    converged.machine.sh(f"systemctl {put} {converged.unit}")
    until = time.monotonic() + 20
    while converged.ask("SHOW work_mem") != "1GB":
        assert time.monotonic() < until
    converged.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_AFTER": "4"})
    assert converged.machine.sh(f"readlink {converged.debian}/postgresql.conf")
    refusals.converges(converged)
    assert converged.ask("SHOW work_mem") != "1GB"
