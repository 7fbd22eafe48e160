"""Backups by pgBackRest, and what comes back from them."""

import json
import re
import time

import pytest

from tests.documents import blocks
from tests.fleet.fleet import Fleet
from tests.fleet.single import Single

SET_UP = "Set up backups"
PEOPLE = """
INSERT INTO app.users (id, first_name, last_name, email, version, created_at, updated_at)
SELECT gen_random_uuid(), 'a', 'b', format('%s@{0}.example', i), 1, now(), now()
FROM generate_series(1, {1}) AS i
"""
COUNT = "SELECT count(*) FROM app.users"


def add(single: Fleet, name: str, number: int) -> None:
    single.ask(PEOPLE.format(name, number), "appdb")


def restored(single: Fleet, to: str, *words: str) -> str:
    """What a restore prints, and the deploy after it."""
    environment = f"ENV={single.environment}"
    done = single.run(["make", "restore", environment, f"TO={to}", "YES=1", *words])
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def make(single: Fleet, target: str) -> None:
    done = single.run(["make", target, f"ENV={single.environment}", "YES=1"])
    assert done.returncode == 0, done.stdout + done.stderr


def rejected(single: Fleet, to: str, *words: str) -> str:
    """What one that must fail prints, in one line."""
    run = single.pyinfra("-y", "--data", f"restore_to={to}", *words, "restore.py")
    assert run.code != 0, run.output
    return " ".join(run.output.split())


def by_hand(single: Single, heading: str) -> None:
    """The commands of docs/backups.md, on the host."""
    (block,) = [one for one in blocks("backups.md")
                if (one.language, one.heading) == ("sh", heading)]  # fmt: skip
    script = block.text.replace("prod-main", f"{single.environment}-main")
    single.machine.sh(f"set -e\n{script}")


def pgbackrest(single: Single, command: str) -> str:
    stanza = f"{single.environment}-main"
    return single.machine.sh(f"runuser -u postgres -- pgbackrest --stanza={stanza} {command}")


def left(single: Single) -> str:
    """What a restore, or a drill, must not leave behind."""
    data = single.data
    folders = f"{data}.restored {data}.drill /run/postgresql/restore-* /run/postgresql/drill-*"
    return single.machine.run(f"ls -d {folders}").stdout


def segments(single: Single) -> list[str]:
    """Files of the archive, the oldest first."""
    found = "find /var/lib/pgbackrest/archive -name '0000*.zst' | sort"
    return single.machine.sh(found).splitlines()


@pytest.fixture(scope="module")
def backed_up(single: Single) -> Single:
    """A cluster that ran before: archive_mode waits for a restart, as any setting does."""
    single.inventory(backup="pgbackrest")
    assert "apt-get install pgbackrest" in single.shown()
    run = single.deploy()
    assert "waits for a restart (--data restart=yes): archive_mode" in run.output
    assert SET_UP not in run.changed
    single.deploy("--data", "restart=yes")
    return single


def test_first_deploy_makes_a_backup(fresh: Single) -> None:
    """Before its release is a good one."""
    fresh.inventory(backup="pgbackrest")
    run = fresh.deploy()
    assert run.changed.index(SET_UP) < run.changed.index("Prove that every role can log in")
    assert pgbackrest(fresh, "info").count("full backup") == 1
    assert fresh.deploy().changed == []
    status = fresh.pyinfra("-y", "deploys.local.status").output
    assert re.search(r"backup +full, \d{4}-\d\d-\d\d \d\d:\d\d UTC", status)
    assert "not yet: make drill tries it" in status


def last_run(single: Single) -> str:
    return f".howdah/{single.environment}/last-run.json"


def test_second_run_changes_nothing(backed_up: Single) -> None:
    again = backed_up.deploy()
    assert again.changed == []
    assert backed_up.dry().changed == []


def test_server_is_verified(backed_up: Single) -> None:
    done = backed_up.verify("-k", "backup or force or disk")
    assert done.returncode == 0, done.stdout


def test_key_is_nowhere_else(backed_up: Single) -> None:
    """Only in the store, and in the release's file, which the server's OS user reads."""
    key = (backed_up.secrets / "backup_key").read_text().strip()
    machine = backed_up.machine
    found = machine.sh(f"grep -rlF -e '{key}' /etc /var/lib/howdah /var/log /run || :")
    assert found == f"{backed_up.etc}/{backed_up.link('current')}/pgbackrest"
    assert machine.sh(f"stat -c '%a %U:%G' {found}") == "640 root:postgres"
    backed_up.inventory(backup="pgbackrest", backup_keep=3)
    assert "pgbackrest (content not shown)" in backed_up.shown()
    assert key not in backed_up.shown()
    backed_up.inventory(backup="pgbackrest")


def test_timers_have_a_next_time(backed_up: Single) -> None:
    shown = backed_up.machine.sh("systemctl list-timers --no-legend 'howdah-*'")
    for name in ("backup", "drill"):
        assert f"howdah-{name}-{backed_up.environment}-main" in shown


def test_by_hand(backed_up: Single) -> None:
    """As docs/backups.md has it."""
    by_hand(backed_up, "What a deploy adds")
    assert pgbackrest(backed_up, "info").count("full backup") == 2


def test_backup_by_its_unit(backed_up: Single) -> None:
    """As the timer starts it, in its sandbox; an increment is a second's work."""
    backed_up.machine.sh(f"systemctl start howdah-backup-{backed_up.environment}-main@incr")
    assert pgbackrest(backed_up, "info").count("incr backup") == 1
    assert backed_up.deploy().changed == []


def test_point_in_time(backed_up: Single) -> None:
    """What was committed before is there, and nothing after it; the deploy finds nothing else."""
    add(backed_up, "before", 100)
    time.sleep(0.1)
    now = backed_up.ask("SELECT to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS.US+00:00')")
    time.sleep(0.1)
    add(backed_up, "after", 100)
    said = restored(backed_up, now)
    assert "the data before are in" in said
    assert backed_up.ask(COUNT, "appdb") == "100"
    assert "make a full backup" in said
    assert backed_up.deploy().changed == []


def test_newest_and_undone(backed_up: Single) -> None:
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
    assert backed_up.machine.run(f"ls -d {backed_up.data}.*").stdout == ""


@pytest.mark.all
def test_restore_after_one_that_was_undone(backed_up: Single) -> None:
    """What was undone is a branch that no later restore follows."""
    add(backed_up, "branch", 10)
    number = backed_up.ask(COUNT, "appdb")
    restored(backed_up, "newest")
    add(backed_up, "lost", 10)
    make(backed_up, "restore-undo")
    add(backed_up, "kept", 1)
    restored(backed_up, "newest")
    assert backed_up.ask(COUNT, "appdb") == str(int(number) + 1)
    make(backed_up, "restore-keep")


@pytest.mark.all
def test_restore_that_was_killed(backed_up: Single) -> None:
    """Between the two renames, the rest is done; what it has left before that goes."""
    machine, data = backed_up.machine, backed_up.data
    number = backed_up.ask(COUNT, "appdb")
    machine.sh(f"systemctl stop {backed_up.unit}; mv {data} {data}.restored; "
               f"touch {data}.restored/howdah.recovered")  # fmt: skip
    assert "a killed run has restored; the rest is done now" in restored(backed_up, "newest")
    assert backed_up.ask(COUNT, "appdb") == number
    work = f"/run/postgresql/restore-{backed_up.environment}-main"
    machine.sh(f"runuser -u postgres -- mkdir {data}.restored {work}; touch {data}.restored/half")
    restored(backed_up, "newest")
    assert backed_up.ask(COUNT, "appdb") == number
    assert machine.run(f"ls -d {work} {data}.restored").stdout == ""
    make(backed_up, "restore-keep")


def test_drill(backed_up: Single) -> None:
    """The newest backup comes back, and leaves nothing behind; what does not is not proven."""
    add(backed_up, "drill", 5)
    pgbackrest(backed_up, "check")
    done = backed_up.run(["make", "drill", f"ENV={backed_up.environment}"])
    assert done.returncode == 0, done.stdout + done.stderr
    proven = re.search(r"proven: (\d+) rows, in \d+ s", done.stdout + done.stderr)
    assert proven
    assert int(proven[1]) >= int(backed_up.ask(COUNT, "appdb"))
    machine = backed_up.machine
    assert left(backed_up) == ""
    assert backed_up.verify("-k", "proven").returncode == 0
    backed_up.ask("SELECT pg_switch_wal()")
    pgbackrest(backed_up, "check")
    last = segments(backed_up)[-1]
    machine.sh(f"mv {last} /root/last; head -c 100 /root/last > {last}; chown postgres {last}")
    bad = backed_up.pyinfra("-y", "deploys.restore.drill")
    assert bad.code != 0, bad.output
    assert backed_up.verify("-k", "proven").returncode != 0
    machine.sh(f"cp -a /root/last {last}")
    assert backed_up.pyinfra("-y", "deploys.restore.drill").code == 0
    assert left(backed_up) == ""
    assert backed_up.deploy().changed == []
    (host,) = json.loads((backed_up.folder / last_run(backed_up)).read_text())["hosts"].values()
    told = f"{host['proven']['rows']} rows, back in {host['proven']['seconds']} s"
    assert told in backed_up.pyinfra("-y", "deploys.local.status").output


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("yesterday", "needs newest, a time with its zone"),
        ("2026-01-01 00:00:00", "needs newest, a time with its zone"),
        ("2020-01-01 00:00:00+00:00", "the first backup ended at"),
        ("2999-01-01 00:00:00+00:00", "is in the future; TO=newest is all there is"),
        ("name:never", "recovery ended before configured recovery target was reached"),
    ],
)
def test_goal_that_cannot_be(backed_up: Single, to: str, says: str) -> None:
    """The server goes on as it is, and nothing is left beside it."""
    before = backed_up.ask("SELECT pg_postmaster_start_time()")
    assert says in rejected(backed_up, to)
    assert backed_up.ask("SELECT pg_postmaster_start_time()") == before
    assert left(backed_up) == ""
    assert backed_up.deploy().changed == []


def test_hole_and_damage_in_the_archive(backed_up: Single) -> None:
    """A missing segment is named at once; of a damaged one recovery says that it is complete."""
    add(backed_up, "hole", 10)
    backed_up.ask("SELECT pg_switch_wal()")
    add(backed_up, "after", 10)
    pgbackrest(backed_up, "check")
    last = segments(backed_up)[-2]
    backed_up.machine.sh(f"mv {last} /root/segment")
    said = rejected(backed_up, "newest")
    assert "the archive has holes after" in said
    assert last.rpartition("/")[2][:24] in said
    flip = "printf x | dd of=/root/segment bs=1 seek=3000 conv=notrunc 2> /dev/null"
    backed_up.machine.sh(f"cp -a /root/segment /root/good; {flip}; cp -a /root/segment {last}")
    said = rejected(backed_up, "newest")
    assert "recovery has ended at" in said or "recovery:" in said
    backed_up.machine.sh(f"cp -a /root/good {last}")
    assert left(backed_up) == ""
    assert backed_up.deploy().changed == []


def test_lost_data(backed_up: Single) -> None:
    """A deploy makes no empty server in its place; a restore brings it back."""
    number = backed_up.ask(COUNT, "appdb")
    backed_up.machine.sh(f"systemctl stop {backed_up.unit}; rm -rf {backed_up.data}")
    assert "is missing, and there was a server: bring it back" in backed_up.refused_in_one_line()
    restored(backed_up, "newest")
    assert backed_up.ask(COUNT, "appdb") == number
    backed_up.deploy()
    assert backed_up.deploy().changed == []


@pytest.mark.all
def test_time_before_a_hole(backed_up: Single) -> None:
    """What is missing after it is not needed; what is missing before it ends the restore."""
    add(backed_up, "before_hole", 3)
    number = backed_up.ask(COUNT, "appdb")
    time.sleep(0.1)
    now = backed_up.ask("SELECT to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS.US+00:00')")
    for name in ("first", "second", "third"):
        add(backed_up, name, 1)
        backed_up.ask("SELECT pg_switch_wal()")
    pgbackrest(backed_up, "check")
    hole = segments(backed_up)[-2]
    backed_up.machine.sh(f"mv {hole} /root/hole")
    assert "set a time before the first" in rejected(backed_up, "newest")
    name = hole.rpartition("/")[2][:24]
    assert f"holes in the archive: {name}" in restored(backed_up, now)
    assert backed_up.ask(COUNT, "appdb") == number
    make(backed_up, "restore-keep")


@pytest.mark.all
def test_turned_off(backed_up: Single) -> None:
    """Nothing is left of them but the package; turned on again, they begin anew."""
    backed_up.inventory()
    backed_up.deploy("--data", "restart=yes")
    assert backed_up.ask("SHOW archive_mode") == "off"
    by_hand(backed_up, "Turning them off")
    name = f"{backed_up.environment}-main"
    found = backed_up.machine.sh(f"find /etc /var/lib /run -name '*{name}*'")
    assert found == ""
    assert backed_up.deploy().changed == []
    backed_up.inventory(backup="pgbackrest")
    assert SET_UP in backed_up.deploy("--data", "restart=yes").changed
    assert backed_up.deploy().changed == []


@pytest.mark.all
def test_data_that_cannot_be_renamed(backed_up: Single) -> None:
    """Rejected while the server still works."""
    machine, data = backed_up.machine, backed_up.data
    before = backed_up.ask("SELECT pg_postmaster_start_time()")
    above = data.rpartition("/")[0]
    machine.sh(f"chown root {above}")
    assert "is not the server's OS user's" in rejected(backed_up, "newest")
    machine.sh(f"chown postgres {above}; mount --bind {data} {data}")
    assert "is a file system of its own" in rejected(backed_up, "newest")
    machine.sh(f"umount {data}")
    assert backed_up.ask("SELECT pg_postmaster_start_time()") == before
