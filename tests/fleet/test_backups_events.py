"""What happens beside a backup: each one is good, or its fault is named; the server goes on."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.fleet.single import Single
from tests.fleet.test_backups import COUNT, add, left, pgbackrest
from tests.fleet.test_disk import fill, small_disk
from tests.server.checkout import until

REPOSITORY = "/var/lib/pgbackrest"
LOCKED = """
SELECT granted FROM pg_locks
WHERE mode = 'AccessExclusiveLock' AND relation = 'app.users'::regclass
"""
SUMS = f"find {REPOSITORY} -name '*.info*' -type f | sort | xargs md5sum"


def name_of(single: Single) -> str:
    return f"{single.environment}-main"


def back_up(single: Single, kind: str = "incr") -> int:
    """By its unit: the exit code of who starts it."""
    unit = f"howdah-backup-{name_of(single)}@{kind}"
    return single.machine.run(f"systemctl start {unit}").returncode


def drilled(single: Single) -> str:
    """What a drill says that must be good."""
    run = single.pyinfra("-y", "deploys.restore.drill")
    assert run.code == 0, run.output
    return run.output


def brought_back(single: Single, to: str) -> str:
    """What a restore says, and the deploy after it, which makes a backup."""
    run = single.pyinfra("-y", "--data", f"restore_to={to}", "restore.py")
    assert run.code == 0, run.output
    return run.output + single.deploy().output


def delete_kept(single: Single) -> None:
    run = single.pyinfra("-y", "deploys.restore.keep")
    assert run.code == 0, run.output


def state(single: Single, word: str) -> str:
    """The state file, all of it."""
    return single.machine.sh(f"cat /var/lib/howdah/{name_of(single)}.backups/{word}")


def verified(single: Single, which: str = "backup or wal or proven") -> bool:
    return single.verify("-k", which).returncode == 0


@contextmanager
def paused(single: Single, command: str) -> Iterator[None]:
    """pgBackRest's is at work, and comes no further, for as long as it is asked to be."""
    machine = single.machine
    main = f"pgrep -o -f '^pgbackrest .*{command}$'"
    until(lambda: machine.run(f"kill -STOP $({main})").returncode == 0)
    yield
    machine.run(f"kill -CONT $({main})")


@contextmanager
def paused_backup(single: Single, kind: str = "full") -> Iterator[None]:
    """It has its lock."""
    machine = single.machine
    unit = f"howdah-backup-{name_of(single)}@{kind}"
    lock = f"ls /run/postgresql/pgbackrest/{name_of(single)}-backup*.lock"
    machine.sh(f"systemctl start --no-block {unit}")
    until(lambda: machine.run(lock).returncode == 0)
    with paused(single, "backup"):
        yield
    until(lambda: machine.run(f"systemctl is-active {unit}").stdout.strip()
          in ("failed", "inactive"))  # fmt: skip


@contextmanager
def clock(single: Single) -> Iterator[Callable[[str], object]]:
    """Of the server and of its backups: neither the host's, nor this machine's."""
    machine = single.machine
    machine.sh("apt-get install -y libfaketime")
    units = [f"{single.unit}.service", f"howdah-backup-{name_of(single)}@.service"]
    folders = " ".join(f"/etc/systemd/system/{unit}.d" for unit in units)
    restart = f"systemctl daemon-reload; systemctl restart {single.unit}"
    machine.sh(f"""set -e
        library=$(dpkg -L libfaketime | grep 'libfaketime[.]so' | head -n 1)
        for folder in {folders}; do
            mkdir -p $folder
            printf '[Service]\n%s\n' "Environment=LD_PRELOAD=$library FAKETIME_NO_CACHE=1" \
                "Environment=FAKETIME_TIMESTAMP_FILE=/etc/clock FAKETIME_DONT_FAKE_MONOTONIC=1" \
                > $folder/clock.conf
        done
        echo +0 > /etc/clock; {restart}""")
    try:
        yield lambda offset: machine.sh(f"echo {offset} > /etc/clock")
    finally:
        machine.sh(f"rm /etc/systemd/system/*.d/clock.conf; {restart}")


@pytest.fixture(scope="module")
def backed_up(single: Single) -> Single:
    """With its first full backup."""
    single.inventory(backup="pgbackrest", restart=True)
    single.deploy()
    add(single, "events", 100)
    return single


@contextmanager
def on_small_disk(single: Single, folder: str, options: str) -> Iterator[None]:
    """The server's folder is a file system of its own, with the same in it."""
    machine = single.machine
    machine.sh(f"systemctl stop {single.unit}")  # it has the mounts of its start
    small_disk(machine, folder, options)
    machine.sh(f"systemctl start {single.unit}")
    try:
        yield
    finally:
        machine.sh(f"""set -e
            systemctl stop {single.unit}
            rm -rf /kept {folder}/filler; cp -a {folder} /kept
            umount {folder}; rm -rf {folder}; cp -a /kept {folder}
            systemctl start {single.unit}""")


@pytest.mark.all
def test_full_repository(backed_up: Single) -> None:
    """It is told in a plain line; the server goes on, and with room the next backup is good."""
    with on_small_disk(backed_up, REPOSITORY, "size=200m"):
        fill(backed_up.machine, REPOSITORY)
        assert back_up(backed_up) != 0
        (line,) = state(backed_up, "last").splitlines()
        assert "WAL is not archived: unable to write" in line
        assert "No space left on device" in line
        assert not verified(backed_up, "last_backup")
        add(backed_up, "full", 1)
        backed_up.machine.sh(f"rm {REPOSITORY}/filler")
        assert back_up(backed_up) == 0
        pgbackrest(backed_up, "check")
        assert verified(backed_up)


def test_locked_table(backed_up: Single) -> None:
    """No backup, drill or deploy waits for it: all of them end while it is locked."""
    with backed_up.session("appuser", "appdb") as session, session.transaction():
        session.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        session.execute("LOCK TABLE app.users IN ACCESS EXCLUSIVE MODE")
        assert back_up(backed_up, "full") == 0
        assert "proven: " in drilled(backed_up)
        assert backed_up.deploy().changed == []
        assert session.execute(LOCKED).fetchall() == [(True,)]


@pytest.mark.all
def test_password_and_setting_during_a_backup(backed_up: Single) -> None:
    """Both are in force before it ends; it is good, and what it brings back has them."""
    path = backed_up.secrets / "postgres_app_user_pw"
    with paused_backup(backed_up):
        path.write_text("of my own choice: 24 chars\n")
        backed_up.inventory(backup="pgbackrest", restart=True, work_mem="9MB")
        backed_up.deploy()
        assert backed_up.login("appuser", "appdb", "SHOW work_mem").stdout.strip() == "9MB"
    assert verified(backed_up, "backup or wal")
    assert backed_up.deploy().changed == []
    brought_back(backed_up, "newest")
    assert backed_up.login("appuser", "appdb", "SHOW work_mem").stdout.strip() == "9MB"
    delete_kept(backed_up)
    backed_up.inventory(backup="pgbackrest", restart=True)
    backed_up.deploy()


@pytest.mark.all
def test_package_that_is_installed_again(backed_up: Single) -> None:
    """Between two files of WAL: the archive, backups and deploys go on."""
    for name in ("first", "second"):
        add(backed_up, name, 1)
        backed_up.ask("SELECT pg_switch_wal()")
        backed_up.machine.sh("apt-get install -y --reinstall pgbackrest")
    pgbackrest(backed_up, "check")
    assert back_up(backed_up) == 0
    assert backed_up.deploy().changed == []
    assert verified(backed_up, "backup or wal")


@pytest.mark.all
def test_package_that_is_removed(backed_up: Single) -> None:
    """It is named, and the next deploy installs it."""
    backed_up.machine.sh("apt-get remove -y pgbackrest")
    assert back_up(backed_up) != 0
    assert "not found" in state(backed_up, "last")
    assert "apt-get install pgbackrest" in backed_up.shown()
    assert not verified(backed_up, "backup")
    backed_up.deploy()
    assert back_up(backed_up) == 0
    pgbackrest(backed_up, "check")
    assert verified(backed_up, "backup or wal")


@pytest.mark.parametrize("other", ["", "another"])
def test_key_that_is_not_the_repositorys(backed_up: Single, other: str) -> None:
    """A deploy that has lost it makes no new one over what is encrypted with it."""
    path = backed_up.secrets / "backup_key"
    kept = path.rename(backed_up.folder / "kept")
    if other:
        path.write_text(other)
    release = backed_up.link("current")
    said = backed_up.refused_in_one_line()
    assert f"secrets/{backed_up.environment}/backup_key is " in said
    assert "put it back" in said
    assert path.exists() == bool(other)
    assert backed_up.link("current") == release
    assert not verified(backed_up, "set_up")
    kept.rename(path)
    assert backed_up.deploy().changed == []


def test_server_that_the_repository_is_not_of(backed_up: Single) -> None:
    """A new cluster over an old archive is rejected: it is not overwritten, and not upgraded."""
    machine, data = backed_up.machine, backed_up.data
    before = machine.sh(SUMS)
    bin_ = f"/usr/lib/postgresql/{backed_up.version}/bin"
    machine.sh(f"systemctl stop {backed_up.unit}; mv {data} {data}.kept")
    backed_up.inventory(backup="pgbackrest", restart=True, new_data=True)
    assert "has the backups of the server that was here" in backed_up.refused_in_one_line()
    assert machine.run(f"test -e {data}").returncode != 0
    backed_up.inventory(backup="pgbackrest", restart=True)
    machine.sh(f"runuser -u postgres -- {bin_}/initdb -k -D {data}")
    said = backed_up.refused_in_one_line()
    assert "has the backups of another server" in said
    assert machine.sh(SUMS) == before
    machine.sh(f"rm -r {data}; mv {data}.kept {data}; systemctl start {backed_up.unit}")
    assert backed_up.deploy().changed == []


@pytest.mark.all
def test_old_repository_on_a_new_host(fresh: Single) -> None:
    """Somebody has mounted it there: it is rejected by name, and stays as it is."""
    fresh.inventory(backup="pgbackrest", new_data=True)
    fresh.deploy()
    machine = fresh.machine
    before = machine.sh(SUMS)
    machine.sh(f"systemctl stop {fresh.unit}; rm -r {fresh.data} /var/lib/howdah/*.backups")
    name = name_of(fresh)
    said = fresh.refused_in_one_line()
    assert f"{REPOSITORY} has backups of another server by the name {name}" in said
    (fresh.secrets / "backup_key").unlink()
    said = fresh.refused_in_one_line()
    assert f"{REPOSITORY} has backups of {name} with another backup_key: put it back" in said
    assert machine.sh(SUMS) == before


@pytest.mark.all
def test_flipped_bit(backed_up: Single) -> None:
    """pgBackRest's verify ends well, and a drill does not; it does after the next full backup."""
    assert back_up(backed_up, "full") == 0
    bundle = f"{REPOSITORY}/backup/{name_of(backed_up)}/latest/bundle/1"
    backed_up.machine.sh(f"printf x | dd of={bundle} bs=1 seek=100000 conv=notrunc")
    pgbackrest(backed_up, "verify")
    run = backed_up.pyinfra("-y", "deploys.restore.drill")
    assert run.code != 0, run.output
    assert not verified(backed_up, "proven")
    assert left(backed_up) == ""
    assert back_up(backed_up, "full") == 0
    assert "proven: " in drilled(backed_up)
    assert verified(backed_up, "proven")


@pytest.mark.all
def test_clock_that_is_wrong(backed_up: Single) -> None:
    """An hour back, an hour ahead, right again: backups are good and in order, and come back.

    Of one that would be before the newest pgBackRest says so; a full backup begins anew.
    """
    assert back_up(backed_up, "full") == 0
    with clock(backed_up) as set_clock:
        for offset in ("-1h", "+1h"):
            set_clock(offset)
            add(backed_up, f"clock{offset}", 10)
            assert back_up(backed_up) == 0
        set_clock("+0")
        assert back_up(backed_up) != 0
        assert "is not later than latest backup label" in state(backed_up, "last")
        assert back_up(backed_up, "full") == 0
    info = json.loads(pgbackrest(backed_up, "info --output=json"))
    labels = [each["label"] for each in info[0]["backup"]]
    assert labels == sorted(labels)
    assert not any(each["error"] for each in info[0]["backup"])
    number = backed_up.ask(COUNT, "appdb")
    assert "proven: " in drilled(backed_up)
    brought_back(backed_up, "newest")
    assert backed_up.ask(COUNT, "appdb") == number
    delete_kept(backed_up)
