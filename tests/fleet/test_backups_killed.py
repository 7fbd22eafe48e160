"""Backups and restores that are killed, or run out of room: the next run does the rest."""

import signal
import threading

import pytest

from tests.fleet.single import Single
from tests.fleet.test_backups import COUNT, SET_UP, add, left, make, pgbackrest, restored
from tests.server import refusals
from tests.server.checkout import until

pytestmark = pytest.mark.all


@pytest.fixture(scope="module")
def backed_up(single: Single) -> Single:
    single.inventory(backup="pgbackrest", restart=True)
    single.deploy()
    add(single, "killed", 50)
    return single


@pytest.mark.parametrize("when", ["DURING", "AFTER"])
def test_first_run_killed_again_and_again(fresh: Single, when: str) -> None:
    """Each run is killed at one command more, until one comes to its end."""
    fresh.inventory(backup="pgbackrest")
    codes: list[int] = []
    while not codes or codes[-1]:
        env = {f"HOWDAH_KILL_{when}": str(len(codes) + 1)}
        codes.append(fresh.pyinfra("-y", "deploy.py", env=env).code)
        assert codes[-1] in (0, -signal.SIGKILL)
    assert len(codes) > 5
    refusals.converges(fresh)
    assert "full backup" in pgbackrest(fresh, "info")


@pytest.mark.parametrize("command", [1, 2, 3])
def test_restore_whose_controller_is_killed(backed_up: Single, command: int) -> None:
    """What is at work on the host goes on to its end; another restore waits for it."""
    number = backed_up.ask(COUNT, "appdb")
    env = {"HOWDAH_KILL_DURING": str(command)}
    killed = backed_up.pyinfra("-y", "restore.py", env=env)
    assert killed.code == -signal.SIGKILL, killed.output
    restored(backed_up, "newest")
    assert backed_up.ask(COUNT, "appdb") == number
    assert left(backed_up) == ""
    make(backed_up, "restore-keep")
    refusals.converges(backed_up)


def test_power_cut_during_a_restore(backed_up: Single) -> None:
    """The server comes back on the data that it had; a restore begins anew."""
    machine = backed_up.machine
    number = backed_up.ask(COUNT, "appdb")
    run = threading.Thread(target=backed_up.pyinfra, args=("-y", "restore.py"))
    run.start()
    until(lambda: machine.run(f"test -e {backed_up.data}.restored").returncode == 0)
    machine.cut_power()
    run.join()
    machine.start()
    assert backed_up.deploy().code == 0
    assert backed_up.ask(COUNT, "appdb") == number
    restored(backed_up, "newest")
    assert backed_up.ask(COUNT, "appdb") == number
    assert left(backed_up) == ""


def test_backup_that_is_killed(backed_up: Single) -> None:
    """It is none; verification fails until the next one is good."""
    machine, name = backed_up.machine, f"{backed_up.environment}-main"
    count = pgbackrest(backed_up, "info").count("full backup")
    machine.sh(f"systemctl start --no-block howdah-backup-{name}@full")
    until(lambda: machine.run("pgrep -f 'pgbackrest.*backup$'").returncode == 0)
    machine.run("pkill -9 -f 'pgbackrest.*backup$'")
    until(lambda: machine.run(f"systemctl is-active howdah-backup-{name}@full").stdout.strip()
          in ("failed", "inactive"))  # fmt: skip
    if pgbackrest(backed_up, "info").count("full backup") == count:
        assert backed_up.verify("-k", "last_backup").returncode != 0
    machine.sh(f"systemctl start howdah-backup-{name}@full")
    assert backed_up.verify("-k", "backup").returncode == 0


def test_repository_that_is_full(fresh: Single) -> None:
    """The deploy fails with the cause, and the next one, with room, does the rest."""
    fresh.inventory(backup="pgbackrest")
    machine = fresh.machine
    machine.sh("mkdir -p /var/lib/pgbackrest; mount -t tmpfs -o size=3m,mode=0777 tmpfs "
               "/var/lib/pgbackrest")  # fmt: skip
    said = fresh.refused_in_one_line()
    assert "could not set up backups" in said
    machine.sh("mount -o remount,size=300m /var/lib/pgbackrest")
    run = fresh.deploy()
    assert SET_UP in run.changed
    refusals.converges(fresh)
