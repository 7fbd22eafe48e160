"""No secret leaves its place, on a host: a user without rights watches, and looks again after."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fleet.conftest import NewFleet
from tests.fleet.fleet import Fleet
from tests.fleet.machine import Machine
from tests.server.watcher import canary, leaks, secrets_of

# What another user of the host can see of a run while it is at work.
WATCH = """
cd /proc
while [ ! -e /tmp/seen ]; do
    cat [0-9]*/cmdline [0-9]*/environ 2>/dev/null | tr '\\0' '\\n'
    find /tmp /var/tmp /run /etc /var/lib /var/log -xdev -type f -newer /proc/self \
        -readable -size -200k -exec cat {} + 2>/dev/null
done | sort -u > /var/tmp/watched
"""
# What has been written, and root can read: logs of the server, of systemd, of sudo.
LOGS = "cat /var/log/postgresql/*.log /var/log/postgresql/*/*; journalctl --no-pager"
AS_NOBODY = "setpriv --reuid=nobody --regid=nogroup --clear-groups sh -c"


@contextmanager
def watching(machine: Machine) -> Iterator[list[bytes]]:
    """What was seen, when it is over."""
    machine.sh("rm -f /tmp/seen; install -o nobody /dev/null /var/tmp/watched")
    seen: list[bytes] = []
    command = ["docker", "exec", "-u", "nobody", machine.name, "sh", "-c", WATCH]
    with subprocess.Popen(command) as watcher:
        yield seen
        machine.sh("touch /tmp/seen")
        watcher.wait(60)
    seen.append(machine.sh("cat /var/tmp/watched").encode())


@pytest.fixture(scope="module")
def ops(new_fleet: NewFleet) -> Fleet:
    """Deployed to by a user with sudo, whose command lines are logged."""
    fleet = new_fleet()
    fleet.hosts({"db1": {"ssh_hostname": fleet.machines[0].address, "ssh_user": "ops",
                         "_sudo": True}})  # fmt: skip
    return fleet


def test_nothing_leaks(ops: Fleet) -> None:
    """F20. A first run, a second, new passwords, and a run that fails, as loud as they can be."""
    machine, printed, hidden = ops.machines[0], b"", set[bytes]()
    with watching(machine) as seen:
        for words in (["-vvv", "--debug"], ["-vvv", "--diff"], ["--json"]):
            printed += ops.pyinfra("-y", *words, "deploy.py").output.encode()
            hidden |= secrets_of(ops)
        for path in ops.secrets.glob("*_pw"):
            path.write_text(canary())
        printed += ops.pyinfra("-y", "-vvv", "--diff", "deploy.py").output.encode()
        machine.ask("REVOKE SELECT ON pg_authid FROM postgres; ALTER ROLE appuser PASSWORD NULL")
        printed += ops.pyinfra("-y", "-vvv", "deploy.py").output.encode()
    hidden |= secrets_of(ops)
    logs = machine.sh(LOGS).encode()
    for what, text in {"seen": seen[0], "printed": printed, "logs": logs}.items():
        assert len(text) > 10_000, what
        assert leaks(text, hidden) == [], what
    assert b"<REDACTED>" in logs


def test_a_planted_secret_is_found(ops: Fleet) -> None:
    ops.deploy()
    machine = ops.machines[0]
    argv, file, statement = canary(), canary(), canary()
    with watching(machine) as seen:
        machine.sh(f"sh -c 'sleep 1; true' {argv}; echo {file} > /tmp/planted; sleep 1")
        machine.ask("CREATE TABLE public.planted ()")
        machine.ask(f"COMMENT ON TABLE public.planted IS '{statement}'")
    found = leaks(seen[0], [argv.encode(), file.encode()])
    assert found == [argv.encode(), file.encode()]
    assert leaks(machine.sh(LOGS).encode(), [statement.encode()])


def test_files_are_their_owners_alone(ops: Fleet) -> None:
    ops.deploy()
    machine = ops.machines[0]
    etc, log = "/etc/howdah/17-main/current", "/var/log/postgresql/17-main"
    secret = (f"{etc}/server.key", f"{etc}/pg_hba.conf", f"{log}/*",
              "/var/lib/postgresql/17/main/PG_VERSION")  # fmt: skip
    for path in secret:
        assert machine.run(f"{AS_NOBODY} 'cat {path}'").returncode != 0, path
    writable = machine.sh(f"{AS_NOBODY} 'find /etc /run /var/lib -xdev -writable -type f -o "
                          "-writable -type d' 2>/dev/null || true")  # fmt: skip
    assert [line for line in writable.splitlines() if "howdah" in line or "postgres" in line] == []
    mine = "setpriv --reuid=postgres --regid=postgres --init-groups sh -c"
    assert machine.run(f"{mine} 'touch /etc/howdah/17-main/x /etc/howdah/x'").returncode != 0
