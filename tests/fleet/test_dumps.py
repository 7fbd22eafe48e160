"""Dumps of Debian's packages: how they are made, what they reject, and what comes back."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.documents import blocks
from tests.fleet.single import Single
from tests.server.checkout import ROOT, until
from tests.server.test_dumps import COUNT, PEOPLE

SET_UP = "Set up dumps"
ORDERS = """
SET ROLE appowner;
CREATE TABLE app.{0} (id integer); INSERT INTO app.{0} VALUES (1), (2), (3);
ALTER TABLE app.{0} ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON app.{0} USING (id = 1);
"""
TEAM = """
CREATE DATABASE "Chärts 2" OWNER appowner TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE "Chärts 2" FROM PUBLIC;
{}
\\connect "Chärts 2"
CREATE SCHEMA "S-1" AUTHORIZATION appowner;
GRANT USAGE ON SCHEMA "S-1" TO backupuser;
ALTER DEFAULT PRIVILEGES FOR ROLE appowner IN SCHEMA "S-1" GRANT SELECT ON TABLES TO backupuser;
"""
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND {}"
TERMINATE = "pg_terminate_backend(pid, 10000)"
CONNECT = 'GRANT CONNECT ON DATABASE "Chärts 2" TO backupuser;'


def folder(single: Single) -> str:
    return f"/var/lib/howdah/{single.environment}-main.dumps"


def unit(single: Single) -> str:
    return f"howdah-dump-{single.environment}-main"


def names(single: Single) -> list[str]:
    """What there is, the oldest first; a part of a dump too."""
    return single.machine.sh(f"ls {folder(single)} | grep -v last || :").splitlines()


def make(single: Single, target: str, *words: str) -> subprocess.CompletedProcess[str]:
    return single.run(["make", target, f"ENV={single.environment}", "YES=1", *words])


def dumped(single: Single) -> str:
    """The name of a new one."""
    before = names(single)
    until(lambda: single.machine.sh("date -u +%Y%m%dT%H%M%SZ") not in before)
    done = make(single, "dump")
    assert done.returncode == 0, done.stdout + done.stderr
    return names(single)[-1]


def failed(single: Single) -> str:
    """Why a dump is none: nothing of it stays."""
    before = names(single)
    done = make(single, "dump")
    assert done.returncode != 0, done.stdout
    assert names(single) == before
    return " ".join((done.stdout + done.stderr).split())


def restored(single: Single, database: str, name: str) -> str:
    """What a restore prints, and the deploy after it; the one after that has nothing to do."""
    done = make(single, "restore", f"DATABASE={database}", f"FROM={name}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert single.deploy().changed == []
    return done.stdout + done.stderr


def rejected(single: Single, database: str, name: str) -> str:
    words = ["--data", f"dump_of={database}", "--data", f"dump_from={name}"]
    run = single.pyinfra("-y", *words, "deploys.load_dump.load")
    assert run.code != 0, run.output
    return " ".join(run.output.split())


def databases(single: Single) -> list[str]:
    return single.ask("SELECT datname FROM pg_database ORDER BY 1").splitlines()


def drop_kept(single: Single) -> None:
    single.ask("SELECT format('DROP DATABASE %I', datname) FROM pg_database "
               "WHERE datname LIKE '%\\_before\\_%' \\gexec")  # fmt: skip


@pytest.fixture(scope="module")
def dumping(single: Single) -> Single:
    """A cluster that ran before."""
    (single.folder / ".venv").symlink_to(ROOT / ".venv")
    single.inventory(dumps="on")
    run = single.deploy()
    assert SET_UP in run.changed
    assert len(names(single)) == 1
    return single


@pytest.fixture
def with_people(dumping: Single) -> Iterator[Single]:
    dumping.ask(f"DELETE FROM app.users; {PEOPLE.format(100)}", "appdb")
    yield dumping
    drop_kept(dumping)


def test_second_run_changes_nothing(dumping: Single) -> None:
    assert dumping.deploy().changed == []
    assert dumping.dry().changed == []


def test_server_is_verified(dumping: Single) -> None:
    done = dumping.verify()
    assert done.returncode == 0, done.stdout
    name = f"{folder(dumping)}/last"
    dumping.machine.sh(f"cp -a {name} /root/last; echo '1 failed no room' > {name}")
    done = dumping.verify("-k", "young")
    assert "no room" in done.stdout
    dumping.machine.sh(f"cp -a /root/last {name}")


@pytest.mark.all
def test_old_dump_is_no_young_one(dumping: Single) -> None:
    """Three days are more than two periods; a weekly calendar has longer ones."""
    (name,) = names(dumping)[-1:]
    manifest = f"{folder(dumping)}/{name}/manifest"
    old = "$(($(date +%s) - 3 * 86400))"
    dumping.machine.sh(f"cp -a {manifest} /root/manifest; "
                       f'sed -i "s/^made.*/made\\t{old}/" {manifest}')  # fmt: skip
    assert "it was made 72 hours ago" in dumping.verify("-k", "young").stdout
    dumping.inventory(dumps="on", dump_calendar="Sun *-*-* 01:30 UTC")
    dumping.deploy()
    timers = f"systemctl list-timers --no-legend {unit(dumping)}.timer"
    assert dumping.machine.sh(timers).startswith("Sun ")
    assert dumping.verify("-k", "young").returncode == 0
    dumping.inventory(dumps="on")
    dumping.deploy()
    dumping.machine.sh(f"cp -a /root/manifest {manifest}")


def test_no_password_and_no_other_user(dumping: Single) -> None:
    """The server's OS user is backupuser over the socket; root is not, and no file opens it."""
    machine = dumping.machine
    ask = "psql -XAtqw -U backupuser -d appdb -c 'SELECT current_user'"
    assert machine.sh(f"cd / && runuser -u postgres -- {ask}") == "backupuser"
    assert "Peer authentication failed" in machine.run(ask).stderr
    password = dumping.password("backupuser")
    places = "/etc /var/lib/howdah /var/log /run /root"
    assert machine.sh(f"grep -rlF -e '{password}' {places} 2> /dev/null || :") == ""
    assert machine.sh(f"stat -c '%a %U' {folder(dumping)}") == "700 postgres"
    assert machine.sh(f"find {folder(dumping)} -type f -perm /077") == ""


def test_dump_by_its_unit(dumping: Single) -> None:
    """As the timer starts it, in its sandbox."""
    assert unit(dumping) in dumping.machine.sh("systemctl list-timers --no-legend 'howdah-*'")
    before = len(names(dumping))
    until(lambda: dumping.machine.sh("date -u +%Y%m%dT%H%M%SZ") not in names(dumping))
    dumping.machine.sh(f"systemctl start {unit(dumping)}")
    assert len(names(dumping)) == before + 1
    assert dumping.deploy().changed == []


def test_restore(with_people: Single) -> None:
    """The application's, by its owner; Temporal's, with its owners; the rights are roles-sql's."""
    name = dumped(with_people)
    with_people.ask("DELETE FROM app.users; DROP TABLE app.user_identities", "appdb")
    said = restored(with_people, "appdb", name)
    assert with_people.ask(COUNT, "appdb") == "100"
    owned = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'app'"
    assert with_people.ask(f"{owned}::regnamespace", "appdb") == "appowner"
    kept = next(name for name in databases(with_people) if "_before_" in name)
    assert f"the database before is {kept}, which nobody enters" in said
    assert with_people.enter("appuser", "appdb", "SELECT count(*) FROM users") == ("", [(100,)])

    made = "SET ROLE temporaluser; CREATE TABLE public.executions AS SELECT 7 AS n"
    with_people.ask(made, "temporal")
    dumped(with_people)
    with_people.ask("DROP TABLE public.executions", "temporal")
    restored(with_people, "temporal", "newest")
    owner = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'executions'"
    assert with_people.ask(f"TABLE public.executions; {owner}", "temporal") == "7\ntemporaluser"
    assert with_people.enter("temporaluser", "temporal", "TABLE executions") == ("", [(7,)])
    done = with_people.verify("-k", "right or role or rules")
    assert done.returncode == 0, done.stdout


@pytest.mark.all
def test_restore_of_a_database_that_is_gone(with_people: Single) -> None:
    name = dumped(with_people)
    with_people.ask("DROP DATABASE appdb WITH (FORCE)")
    restored(with_people, "appdb", name)
    assert with_people.ask(COUNT, "appdb") == "100"
    assert not any("_before_" in name for name in databases(with_people))


def test_damaged_dump_is_rejected(with_people: Single) -> None:
    """Before anything is touched; what is not there is named with what is."""
    name = dumped(with_people)
    before = databases(with_people)
    file = f"{folder(with_people)}/{name}/appdb.dump"
    flip = f"printf x | dd of={file} bs=1 seek=3000 conv=notrunc 2> /dev/null"
    with_people.machine.sh(f"cp -a {file} /root/good; {flip}")
    assert "appdb.dump is damaged: its sha256 is not" in rejected(with_people, "appdb", name)
    assert databases(with_people) == before
    with_people.machine.sh(f"cp -a /root/good {file}")
    said = rejected(with_people, "appdb", "20200101T000000Z")
    assert "FROM=20200101T000000Z: there is no such dump; there are" in said
    said = rejected(with_people, "postgres", name)
    assert "DATABASE=postgres: needs one of appdb, temporal, temporal_visibility" in said
    assert "needs 'newest' or the name of a dump" in rejected(with_people, "appdb", "yesterday")


def test_load_that_fails_leaves_nothing(with_people: Single) -> None:
    """A row that the manifest has, and the dump has not; then what a kill leaves."""
    name = dumped(with_people)
    manifest = f"{folder(with_people)}/{name}/manifest"
    other = "s/\\t100\\tapp.users/\\t101\\tapp.users/"
    with_people.machine.sh(f"cp -a {manifest} /root/m; sed -i '{other}' {manifest}")
    before = databases(with_people)
    said = rejected(with_people, "appdb", name)
    assert "other rows than in the manifest: app.users" in said
    assert databases(with_people) == before
    assert with_people.deploy().changed == []
    with_people.machine.sh(f"cp -a /root/m {manifest}")
    with_people.ask("CREATE DATABASE appdb_new")
    assert 'database "appdb_new" already exists' in rejected(with_people, "appdb", name)
    with_people.ask("ALTER DATABASE appdb_new CONNECTION LIMIT 0")
    with_people.ask("ALTER DATABASE appdb CONNECTION LIMIT 0")  # killed before the names changed
    restored(with_people, "appdb", name)
    assert "appdb_new" not in databases(with_people)


def test_row_security(dumping: Single) -> None:
    """A table with it is named; named in the inventory, it is dumped whole, and no other is."""
    dumping.ask(ORDERS.format("orders"), "appdb")
    named = 'appdb: table app.orders has row security; row_security = ["app.orders"] dumps all'
    assert named in failed(dumping)
    bypasses = "SELECT rolbypassrls FROM pg_roles WHERE rolname = 'backupuser'"
    dumping.inventory(dumps="on", row_security=["app.orders"])
    assert "ALTER ROLE backupuser BYPASSRLS" in dumping.shown()
    dumping.deploy()
    assert dumping.deploy().changed == []
    name = dumped(dumping)
    manifest = dumping.machine.sh(f"cat {folder(dumping)}/{name}/manifest")
    assert "rows\tappdb\t3\tapp.orders" in manifest
    done = dumping.verify("-k", "role or door or dump")
    assert done.returncode == 0, done.stdout
    dumping.ask(ORDERS.format("other"), "appdb")
    assert "appdb: table app.other has row security" in failed(dumping)
    dumping.ask("DROP TABLE app.orders, app.other", "appdb")
    dumping.inventory(dumps="on")
    dumping.deploy()
    assert dumping.ask(bypasses) == "f"
    dumped(dumping)


def test_databases_of_a_team(dumping: Single) -> None:
    """They are dumped, or the dump fails and names them."""
    file = dumping.folder / "roles-sql" / "60-team.sql"
    file.write_text(TEAM.format(""))
    run = dumping.deploy()
    assert SET_UP in run.changed
    assert "Chärts 2" in failed(dumping)
    file.write_text(TEAM.format(CONNECT))
    dumping.deploy()
    made = 'SET ROLE appowner; CREATE TABLE "S-1"."T (x" AS SELECT 1 AS n; RESET ROLE;'
    dumping.ask(f"{made} CREATE SCHEMA hidden; CREATE TABLE hidden.t ()", "'Chärts 2'")
    assert "Chärts 2: permission denied for schema hidden" in failed(dumping)
    dumping.ask("DROP SCHEMA hidden CASCADE", "'Chärts 2'")
    name = dumped(dumping)
    manifest = dumping.machine.sh(f"cat {folder(dumping)}/{name}/manifest")
    assert 'rows\tChärts 2\t1\t"S-1"."T (x"' in manifest
    dumping.ask('DROP TABLE "S-1"."T (x"', "'Chärts 2'")
    restored(dumping, "Chärts 2", name)
    assert dumping.ask('TABLE "S-1"."T (x"', "'Chärts 2'") == "1"
    assert dumping.verify("-k", "dump").returncode == 0
    file.unlink()
    dumping.ask('DROP DATABASE "Chärts 2"')
    drop_kept(dumping)
    dumping.deploy()
    dumped(dumping)


def test_killed_dump(with_people: Single) -> None:
    """It leaves a part, which the next one removes; a dump never waits for a lock for ever."""
    before = names(with_people)
    lock = "BEGIN; LOCK TABLE app.alembic_version; SELECT pg_sleep(60)"
    with_people.machine.sh(f"cd / && setsid runuser -u postgres -- psql -Xq -d appdb -c '{lock}' "
                           "> /dev/null 2>&1 &")  # fmt: skip
    until(lambda: with_people.ask(WAITS.format("wait_event = 'PgSleep'")) == "1")
    with_people.machine.sh(f"systemctl start --no-block {unit(with_people)}")
    until(lambda: with_people.ask(WAITS.format("usename = 'backupuser'")) == "1")
    with_people.machine.sh(f"systemctl kill -s KILL {unit(with_people)}")
    left = sorted(set(names(with_people)) - set(before))
    assert len(left) == 1
    assert left[0].endswith(".partial")
    with_people.ask(WAITS.format("pid <> pg_backend_pid()").replace("count(*)", TERMINATE))
    assert with_people.deploy().changed == []
    name = dumped(with_people)
    assert names(with_people) == [*before, name][-len(names(with_people)) :]


def test_retention(dumping: Single) -> None:
    """By number and by age; the last two that are whole stay, whatever their age."""
    dumping.inventory(dumps="on", dump_keep=2, dump_days=1)
    dumping.deploy()
    for _ in range(3):
        dumped(dumping)
    first, second = names(dumping)
    place = folder(dumping)
    dumping.machine.sh(f"cd {place} && mv {first} 20200101T000000Z && mv {second} 20200102T000000Z "
                       "&& printf x >> 20200102T000000Z/appdb.dump")  # fmt: skip
    third = dumped(dumping)
    assert names(dumping) == ["20200101T000000Z", "20200102T000000Z", third]
    fourth = dumped(dumping)
    assert names(dumping) == [third, fourth]
    dumping.inventory(dumps="on")
    dumping.deploy()


@pytest.mark.all
def test_disk_full(with_people: Single) -> None:
    """No part of a dump has a name, and the others stay."""
    before, place = names(with_people), folder(with_people)
    options = "size=100k,mode=0700,uid=$(id -u postgres),gid=$(id -g postgres)"
    with_people.machine.sh(f"mount -t tmpfs -o {options} tmpfs {place}")
    with_people.ask(PEOPLE.format(20000).replace("@x", "@y"), "appdb")
    done = make(with_people, "dump")
    assert done.returncode != 0
    assert with_people.machine.sh(f"ls {place} | grep -v last || :") == ""
    with_people.machine.sh(f"umount {place}")
    assert names(with_people) == before


def test_turned_off(dumping: Single) -> None:
    """The records go by the deploy, the rest by hand; turned on again, they begin anew."""
    hba = f"cat {dumping.etc}/current/pg_hba.conf {dumping.etc}/current/pg_ident.conf"
    assert "local all backupuser peer map=howdah" in dumping.machine.sh(hba)
    dumping.inventory()
    dumping.deploy()
    assert "peer map=howdah\n\n# TYPE" in dumping.machine.sh(hba)
    assert "local all backupuser" not in dumping.machine.sh(hba)
    assert 'postgres" backupuser' not in dumping.machine.sh(hba)
    (block,) = [one for one in blocks("backups.md")
                if (one.language, one.heading) == ("sh", "Dumps")]  # fmt: skip
    dumping.machine.sh(f"set -e\n{block.text.replace('prod', dumping.environment)}")
    name = f"{dumping.environment}-main"
    assert dumping.machine.sh(f"find /etc /var/lib /run -name '*{name}*'") == ""
    assert dumping.machine.sh("find /etc/howdah -name dump.sh") == ""
    assert dumping.deploy().changed == []
    assert "dumps = 'off': set dumps = 'on'" in failed_off(dumping)
    dumping.inventory(dumps="on")
    assert SET_UP in dumping.deploy().changed
    assert dumping.deploy().changed == []


def failed_off(single: Single) -> str:
    done = make(single, "dump")
    assert done.returncode != 0
    return " ".join((done.stdout + done.stderr).split())
