"""Backups of a server in a container: what it archives, what comes back, and what goes wrong."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.conftest import NewDockerMachine
from tests.docker.docked import Docked, docked_on
from tests.documents import blocks
from tests.fleet.test_backups import COUNT, SET_UP, add, make, rejected, restored
from tests.server.checkout import ROOT, until

NOW = "SELECT to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS.US+00:00')"


def stanza(docked: Docked) -> str:
    return f"{docked.environment}-main"


def pgbackrest(docked: Docked, command: str) -> str:
    """As root on the host, as docs/backups.md has it."""
    return docked.machine.sh(f"pgbackrest --stanza={stanza(docked)} {command}")


def last_full(docked: Docked) -> str:
    """Its label, which begins with its time."""
    return pgbackrest(docked, "info | grep -o 'full backup: .*' | tail -n 1")


def wal(docked: Docked) -> str:
    """The folder that it archives to."""
    return f"{docked.place}/spool/wal"


def archived(docked: Docked) -> str:
    """The newest segment, once the repository has it."""
    name = docked.ask("SELECT txid_current(); SELECT pg_walfile_name(pg_switch_wal())")
    name = name.splitlines()[-1]
    found = f"find /var/lib/pgbackrest/archive -name '{name}-*' | grep ."
    until(lambda: docked.machine.run(found).returncode == 0)
    return docked.machine.sh(found)


def left(docked: Docked) -> str:
    """What a restore, or a drill, must not leave behind."""
    data = f"{docked.place}/data/postgres"
    work = f"{docked.place}/run/restore-* {docked.place}/run/drill-*"
    containers = docked.machine.sh("docker ps -aq --filter name=-restore --filter name=-drill")
    fetching = docked.machine.run("pgrep -f [a]rchive-get").stdout
    folders = docked.machine.run(f"ls -d {data}.restored {data}.drill {work}").stdout
    return folders + containers + fetching


@pytest.fixture(scope="module")
def backed_up(new_docker_machine: NewDockerMachine, key: Path) -> Iterator[Docked]:
    """A bare host's first deploy, with backups."""
    machine = new_docker_machine()
    with docked_on(machine, key) as one:
        (one.folder / ".venv").symlink_to(ROOT / ".venv")
        one.inventory(backup="pgbackrest")
        run = one.deploy()
        assert run.changed.index(SET_UP) < run.changed.index("Prove that every role can log in")
        yield one
    machine.remove()


def test_first_deploy_makes_a_backup(backed_up: Docked) -> None:
    """The next run changes nothing, and what the container archives arrives."""
    assert pgbackrest(backed_up, "info").count("full backup") == 1
    again = backed_up.deploy()
    assert again.changed == []
    assert len(again.commands) == 1
    assert backed_up.dry().changed == []
    archived(backed_up)
    done = backed_up.verify("-k", "backup or disk")
    assert done.returncode == 0, done.stdout


def test_backup_by_its_unit(backed_up: Docked) -> None:
    """As the timer starts it, in its sandbox; and as docs/backups.md has it."""
    backed_up.machine.sh(f"systemctl start howdah-backup-{stanza(backed_up)}@incr")
    assert pgbackrest(backed_up, "info").count("incr backup") == 1
    (block,) = [one for one in blocks("backups.md")
                if (one.language, one.heading) == ("sh", "On Docker")]  # fmt: skip
    backed_up.machine.sh(f"set -e\n{block.text.replace('prod', backed_up.environment)}")
    assert pgbackrest(backed_up, "info").count("full backup") == 2
    assert backed_up.deploy().changed == []


def test_point_in_time(backed_up: Docked) -> None:
    """What was committed before is there, and nothing after it; the deploy finds nothing else."""
    add(backed_up, "before", 100)
    time.sleep(0.1)
    now = backed_up.ask(NOW)
    time.sleep(0.1)
    add(backed_up, "after", 100)
    full = last_full(backed_up)
    assert "the data before are in" in restored(backed_up, now)
    assert last_full(backed_up) > full
    assert backed_up.ask(COUNT, "appdb") == "100"
    assert left(backed_up) == ""
    assert backed_up.deploy().changed == []


def test_newest_and_undone(backed_up: Docked) -> None:
    """The archive has all that was committed; undo is what there was, and keep deletes it."""
    add(backed_up, "newest", 10)
    number = backed_up.ask(COUNT, "appdb")
    restored(backed_up, "newest")
    assert backed_up.ask(COUNT, "appdb") == number
    backed_up.ask("DELETE FROM app.users", "appdb")
    make(backed_up, "restore-undo")
    assert backed_up.ask(COUNT, "appdb") == number
    backed_up.deploy()
    make(backed_up, "restore-keep")
    assert backed_up.machine.run(f"ls -d {backed_up.place}/data/postgres.*").stdout == ""


def test_archived_file_is_never_overwritten(backed_up: Docked) -> None:
    """Another one of its name makes the archiver try again; the same one is taken for archived."""
    machine, folder = backed_up.machine, wal(backed_up)
    push = f"howdah-archive-{stanza(backed_up)}"
    machine.sh(f"systemctl stop {push}.path {push}.service")
    backed_up.ask("SELECT txid_current()")
    name = backed_up.ask("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
    machine.sh(f"echo another > {folder}/{name}; chown 70:70 {folder}/{name}")
    backed_up.ask("SELECT pg_switch_wal()")
    failed = "SELECT last_failed_wal FROM pg_stat_archiver"
    until(lambda: backed_up.ask(failed) == name)
    assert machine.sh(f"cat {folder}/{name}") == "another"
    machine.sh(f"cp -p {backed_up.place}/data/postgres/pg_wal/{name} {folder}/{name}")
    done = "SELECT last_archived_wal >= '{}' FROM pg_stat_archiver"
    until(lambda: backed_up.ask(done.format(name)) == "t")
    machine.sh(f"systemctl start {push}.path")
    until(lambda: machine.sh(f"ls {folder}") == "")
    assert backed_up.deploy().changed == []


def test_push_that_is_killed_and_one_that_fails(backed_up: Docked) -> None:
    """Killed in the middle, it pushes again; verification names what waits, and why."""
    machine, folder = backed_up.machine, wal(backed_up)
    push = f"howdah-archive-{stanza(backed_up)}"
    machine.sh("mv /usr/bin/pgbackrest /usr/bin/pgbackrest.away; "
               "printf '#!/bin/sh\\necho ERROR: away >&2; exit 1\\n' > /usr/bin/pgbackrest; "
               "chmod 755 /usr/bin/pgbackrest")  # fmt: skip
    backed_up.ask("SELECT txid_current(); SELECT pg_switch_wal()")
    until(lambda: machine.sh(f"ls {folder}") != "")
    machine.sh(f"touch -d '5 minutes ago' {folder}/*")
    machine.sh(f"systemctl kill -s KILL {push}.service")
    stuck = f"/var/lib/howdah/{stanza(backed_up)}.backups/stuck"
    until(lambda: machine.run(f"cat {stuck}").returncode == 0)
    done = backed_up.verify("-k", "wal_arrives")
    assert done.returncode != 0
    assert "ERROR: away" in done.stdout
    machine.sh("mv /usr/bin/pgbackrest.away /usr/bin/pgbackrest")
    until(lambda: machine.sh(f"ls {folder}") == "")
    assert backed_up.verify("-k", "wal_arrives").returncode == 0


def test_drill(backed_up: Docked) -> None:
    """The newest backup comes back, and leaves nothing behind."""
    done = backed_up.run(["make", "drill", f"ENV={backed_up.environment}"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "proven: " in done.stdout + done.stderr
    assert left(backed_up) == ""
    assert backed_up.verify("-k", "proven").returncode == 0
    assert backed_up.deploy().changed == []


@pytest.mark.all
def test_goal_that_cannot_be(backed_up: Docked) -> None:
    """The server goes on as it is, and nothing is left beside it."""
    before = backed_up.ask("SELECT pg_postmaster_start_time()")
    assert "before configured recovery target was reached" in rejected(backed_up, "name:never")
    assert backed_up.ask("SELECT pg_postmaster_start_time()") == before
    assert left(backed_up) == ""


@pytest.mark.all
def test_power_cut_during_a_restore(backed_up: Docked) -> None:
    """The server comes back on the data that it had; a restore begins anew."""
    machine = backed_up.machine
    number = backed_up.ask(COUNT, "appdb")
    run = threading.Thread(target=backed_up.pyinfra, args=("-y", "restore.py"))
    run.start()
    until(lambda: machine.sh("docker ps -q --filter name=-restore") != "")
    machine.cut_power()
    run.join()
    machine.start()
    assert backed_up.deploy().code == 0
    assert backed_up.ask(COUNT, "appdb") == number
    restored(backed_up, "newest")
    assert backed_up.ask(COUNT, "appdb") == number
    assert left(backed_up) == ""
    make(backed_up, "restore-keep")


@pytest.mark.all
def test_restore_while_nothing_is_pushed(backed_up: Docked) -> None:
    """What waits in the spool would be lost to it."""
    machine, push = backed_up.machine, f"howdah-archive-{stanza(backed_up)}"
    machine.sh(f"systemctl stop {push}.path")
    backed_up.ask("SELECT txid_current(); SELECT pg_switch_wal()")
    until(lambda: machine.sh(f"ls {wal(backed_up)}") != "")
    assert "has what the repository lacks, and it is not pushed" in rejected(backed_up, "newest")
    assert "start the server" not in backed_up.shown()
    machine.sh(f"systemctl start {push}.path")
    until(lambda: machine.sh(f"ls {wal(backed_up)}") == "")


@pytest.mark.all
@pytest.mark.parametrize(("version", "flavour"), [(17, "debian"), (18, "alpine")])
def test_other_images(
    new_docker_machine: NewDockerMachine, key: Path, version: int, flavour: str
) -> None:
    """Another userland and number of its user, and another version."""
    machine = new_docker_machine(version, flavour)
    with docked_on(machine, key) as one:
        (one.folder / ".venv").symlink_to(ROOT / ".venv")
        image = f"postgres:{version}-alpine" if flavour == "alpine" else f"postgres:{version}"
        one.inventory(backup="pgbackrest", image=image)
        one.deploy()
        add(one, "image", 3)
        restored(one, "newest")
        assert one.ask(COUNT, "appdb") == "3"
        assert one.deploy().changed == []
        done = one.verify()
        assert done.returncode == 0, done.stdout
    machine.remove()


@pytest.mark.all
def test_backups_of_a_cluster_that_ran_before(docked: Docked) -> None:
    """It is made anew once, with the restart that archive_mode waits for."""
    docked.inventory(backup="pgbackrest", restart=False)
    run = docked.deploy()
    assert "waits for a restart (--data restart=yes): archive_mode" in run.output
    assert SET_UP not in run.changed
    assert SET_UP in docked.deploy("--data", "restart=yes").changed
    assert docked.deploy().changed == []


def test_lost_data(backed_up: Docked) -> None:
    """A deploy makes no empty server in its place; a restore brings it back.

    The container may still have the folder that is gone from its place.
    """
    add(backed_up, "lost", 10)
    archived(backed_up)
    number = backed_up.ask(COUNT, "appdb")
    machine, data = backed_up.machine, f"{backed_up.place}/data/postgres"
    machine.sh(f"mv {data} {data}.lost")
    assert "is missing, and there was a server: bring it back" in backed_up.refused_in_one_line()
    restored(backed_up, "newest")
    machine.sh(f"test /proc/{backed_up.inspect()['State']['Pid']}/cwd -ef {data}")
    assert backed_up.ask(COUNT, "appdb") == number
    machine.sh(f"rm -rf {data}.lost")
    assert backed_up.deploy().changed == []


@pytest.mark.all
def test_lost_table_and_database(new_docker_machine: NewDockerMachine, key: Path) -> None:
    """Each alone, from a container that nobody enters into the one that runs.

    The stand-ins' clients are 17's, and pg_restore wants a server of its own version.
    """
    machine = new_docker_machine(17, "alpine")
    with docked_on(machine, key) as one:
        (one.folder / ".venv").symlink_to(ROOT / ".venv")
        one.inventory(backup="pgbackrest", image="postgres:17-alpine")
        one.deploy()
        add(one, "parts", 10)
        time.sleep(0.1)
        now = one.ask(NOW)
        one.ask("DELETE FROM app.users", "appdb")
        restored(one, now, "TABLE=app.users")
        schema = one.ask("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'restored%'",
                         "appdb")  # fmt: skip
        assert one.ask(f"SELECT count(*) FROM {schema}.users", "appdb") == "10"
        assert one.ask(COUNT, "appdb") == "0"
        restored(one, now, "DATABASE=appdb")
        assert one.ask(COUNT, "appdb") == "10"
        assert left(one) == ""
        assert one.deploy().changed == []
    machine.remove()
