"""What somebody changes by hand on a converged host, each with the check of `make verify` for it.

One list for all runtimes. Those of one round are made at once, and one verification must name each.
"""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from verify.attempts import TAKES_A_LOCK

CHECKS = Path(__file__).parents[1] / "verify"
# Checks of what is no change by hand.
NO_DRIFT = {
    "test_client_rejects_another_ca": "the client's own",
    "test_login_is_bound_to_its_tls_session": "the client's own",
    "test_every_role_that_may_log_in_can": "roles of a team's own: tests/server/test_logins.py",
    "test_no_password_is_easily_guessed": "likewise: tests/server/role_attacks.py",
    "test_passwords_are_hashed_often_enough": "likewise: tests/server/role_attacks.py",
    "test_there_is_room": "tests/fleet/test_disk.py",
    "test_no_checksum_has_failed": "tests/unit/found/test_health.py",
    "test_indexes_are_sorted_as_the_system_sorts": "tests/unit/found/test_health.py",
    "test_no_transaction_is_old": "tests/unit/found/test_health.py",
    "test_what_was_notified_is_read": "tests/unit/found/test_health.py",
    "test_backups_are_set_up": "tests/fleet/test_backups.py",
    "test_last_backup_is_good_and_young": "tests/fleet/test_backups_killed.py",
    "test_wal_arrives": "tests/fleet/test_backups.py",
    "test_restore_was_proven": "tests/fleet/test_backups.py",
    "test_dumps_are_set_up": "tests/fleet/test_dumps.py",
    "test_last_dump_is_good_and_young": "tests/fleet/test_dumps.py",
    "test_every_database_is_dumped": "tests/fleet/test_dumps.py",
}


class Mutation(NamedTuple):
    """SQL as the superuser, or shell as root in the folder of the release in force."""

    check: str  # the test that must fail, with its parameter
    says: str  # what it must name
    sql: str = ""
    shell: str = ""
    base: str = "postgres"
    undo: str = ""  # SQL, where no deploy puts it right
    back: str = ""  # likewise in the shell
    only: str = ""  # a runtime
    turn: str = ""  # those of one name are made together, for they would hide others


def auto(line: str, check: str, says: str = "", **its: str) -> Mutation:
    """A line as ALTER SYSTEM leaves it, and loaded; production's servers do not allow it."""
    shell = f'echo "{line}" >> {{data}}/postgresql.auto.conf'
    return Mutation(check, says or line.partition(" = ")[0], RELOAD, shell, **its)


RELOAD = "SELECT pg_reload_conf()"
DIFFERS = "test_nothing_differs_from_roles_sql"
OWN = "/etc/systemd/system/{unit}.service.d/zz-own.conf"  # a drop-in of somebody's
FORCE = "test_what_is_in_force_is_what_the_files_say"
REJECTED = "test_is_rejected"


def door(kind: str) -> str:
    return f"test_no_door_is_left_open[{kind}]"


IN_APPDB = [
    Mutation(f"{REJECTED}[app_role in app_database: CREATE TABLE app.mine (i int)]",
             "REVOKE CREATE ON SCHEMA app FROM appuser", "GRANT CREATE ON SCHEMA app TO appuser"),
    Mutation(f"{REJECTED}[app_role in app_database: CREATE TABLE public.mine (i int)]",
             "REVOKE USAGE, CREATE ON SCHEMA public FROM PUBLIC",
             "GRANT ALL ON SCHEMA public TO PUBLIC"),
    Mutation(f"{REJECTED}[app_role in app_database: SELECT lo_create(0)]",
             "pg_catalog.lo_create(oid) FROM PUBLIC",
             "GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC"),
    Mutation(f"{REJECTED}[app_role in app_database: SELECT FROM pg_authid]",
             "pg_catalog.pg_authid FROM appuser", "GRANT SELECT ON pg_authid TO appuser"),
    Mutation(f"{REJECTED}[backup_role in app_database: BEGIN READ WRITE; DELETE FROM {{table}} "
             "WHERE false]", "REVOKE DELETE",
             "GRANT DELETE ON app.users TO backupuser"),
    Mutation("test_rights_on_tables[app_role]", "'TRUNCATE ON users'",
             "GRANT TRUNCATE ON app.users TO appuser"),
    Mutation("test_rights_on_tables[backup_role]", "'UPDATE ON users'",
             "GRANT UPDATE (email) ON app.users TO backupuser"),
    Mutation("test_rights_on_tables[app_role]", "'UPDATE ON alembic_version'",
             "GRANT UPDATE ON app.alembic_version TO appuser"),
    Mutation("test_rights_on_tables[backup_role]", "GRANT SELECT ON TABLE app.users TO backupuser",
             "REVOKE SELECT ON app.users FROM backupuser", turn="a"),
    Mutation("test_role_owns_nothing[app_role]", "pg_class in appdb",
             "ALTER TABLE app.users OWNER TO appuser",
             undo="ALTER TABLE app.users OWNER TO appowner", turn="b"),
    Mutation("test_schema_is_at_its_head", "'0001'", "UPDATE app.alembic_version SET "
             "version_num = '0001'", undo="UPDATE app.alembic_version SET version_num = '{head}'",
             turn="a"),
    Mutation(DIFFERS, "FOR ROLE appowner REVOKE SELECT ON TABLES FROM temporaluser",
             "ALTER DEFAULT PRIVILEGES FOR ROLE appowner GRANT SELECT ON TABLES TO temporaluser"),
    Mutation("test_succeeds[app_role in app_database: EXPLAIN INSERT INTO {table} DEFAULT VALUES]",
             "permission denied for table users", "REVOKE INSERT ON app.users FROM appuser"),
    Mutation(f"{REJECTED}[app_role in app_database: {TAKES_A_LOCK}]",
             "pg_catalog.pg_try_advisory_lock(bigint) FROM appuser",
             "GRANT EXECUTE ON FUNCTION pg_try_advisory_lock(bigint) TO appuser"),
    Mutation(DIFFERS, "pg_catalog.pg_read_file(text) FROM appuser",
             "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO appuser"),
    Mutation(DIFFERS, "ALTER TABLE app.alembic_version OWNER TO appowner",
             "ALTER TABLE app.alembic_version OWNER TO temporaluser", turn="c"),
    Mutation(door("event trigger"), "event trigger watching in appdb",
             "CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS "
             "'BEGIN END'; CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION "
             "public.watch()", undo="DROP FUNCTION public.watch CASCADE"),
    Mutation(door("extension"), "extension citext in appdb is not in roles-sql",
             "CREATE EXTENSION citext WITH SCHEMA extensions", undo="DROP EXTENSION citext"),
    Mutation(door("function"), "function public.become(text) in appdb runs as postgres, and "
             "everybody may call it", "CREATE FUNCTION public.become(text) RETURNS void LANGUAGE "
             "plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE $1; END'",
             undo="DROP FUNCTION public.become"),
    Mutation(door("function"), "function app.become(text) in appdb runs as postgres, and appuser "
             "may call it", "CREATE FUNCTION app.become(text) RETURNS void LANGUAGE plpgsql "
             "SECURITY DEFINER AS 'BEGIN EXECUTE $1; END'; REVOKE ALL ON FUNCTION app.become(text)"
             " FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.become(text) TO appuser",
             undo="DROP FUNCTION app.become"),
    Mutation(door("function"), "function public.peek(text) in appdb is a library's, or the "
             "server's own by another name", "CREATE FUNCTION public.peek(text) RETURNS text "
             "LANGUAGE internal AS 'pg_read_file_all'", undo="DROP FUNCTION public.peek"),
    Mutation(door("language"), "language plother in appdb is untrusted",
             "CREATE LANGUAGE plother HANDLER plpgsql_call_handler",
             undo="DROP LANGUAGE plother"),
    Mutation(door("language"), "language c in appdb is marked as trusted",
             "UPDATE pg_language SET lanpltrusted = true WHERE lanname = 'c'",
             undo="UPDATE pg_language SET lanpltrusted = false WHERE lanname = 'c'"),
    Mutation(door("owner"), "table app.hers in appdb belongs to postgres",
             "CREATE TABLE app.hers (i int)", undo="DROP TABLE app.hers"),
    Mutation(door("owner"), "schema public in appdb belongs to appuser",
             "ALTER SCHEMA public OWNER TO appuser",
             undo="ALTER SCHEMA public OWNER TO pg_database_owner"),
    Mutation(door("owner"), "schema app belongs to temporalowner, not appowner: left alone",
             "ALTER SCHEMA app OWNER TO temporalowner", undo="ALTER SCHEMA app OWNER TO appowner",
             turn="d"),
    Mutation(door("publication"), "publication everything in appdb belongs to postgres",
             "CREATE PUBLICATION everything FOR ALL TABLES", undo="DROP PUBLICATION everything"),
    Mutation(door("row security"), "table app.users in appdb has row security",
             "ALTER TABLE app.users ENABLE ROW LEVEL SECURITY; "
             "CREATE POLICY all_of_it ON app.users USING (true)",
             undo="DROP POLICY all_of_it ON app.users; "
             "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY"),
    Mutation(door("row security"), "table app.alembic_version in appdb has row security",
             "ALTER TABLE app.alembic_version FORCE ROW LEVEL SECURITY",
             undo="ALTER TABLE app.alembic_version NO FORCE ROW LEVEL SECURITY"),
    Mutation(door("rule"), "rule silent on table app.users in appdb",
             "CREATE RULE silent AS ON INSERT TO app.users WHERE false DO ALSO NOTHING",
             undo="DROP RULE silent ON app.users"),
    Mutation(door("schema"), "schema lab in appdb lets everybody create in it",
             "CREATE SCHEMA lab; GRANT CREATE ON SCHEMA lab TO PUBLIC", undo="DROP SCHEMA lab"),
    Mutation(door("subscription"), "subscription copying in appdb",
             "CREATE SUBSCRIPTION copying CONNECTION 'dbname=nowhere' PUBLICATION p WITH "
             "(connect = false, slot_name = NONE, enabled = false, create_slot = false)",
             undo="DROP SUBSCRIPTION copying"),
    Mutation(door("trigger"), "trigger copying on table app.users in appdb runs a function of "
             "postgres", "CREATE FUNCTION app.copying() RETURNS trigger LANGUAGE plpgsql AS "
             "'BEGIN RETURN NEW; END'; CREATE TRIGGER copying BEFORE INSERT ON app.users FOR EACH "
             "ROW EXECUTE FUNCTION app.copying()", undo="DROP FUNCTION app.copying CASCADE"),
    Mutation(door("trigger"), "a foreign key on table app.user_identities in appdb does not fire",
             "ALTER TABLE app.user_identities DISABLE TRIGGER ALL",
             undo="ALTER TABLE app.user_identities ENABLE TRIGGER ALL"),
    Mutation(door("user mapping"), "user mapping of appuser for server elsewhere in appdb has a "
             "password", "CREATE FOREIGN DATA WRAPPER other; CREATE SERVER elsewhere FOREIGN DATA "
             "WRAPPER other; CREATE USER MAPPING FOR appuser SERVER elsewhere OPTIONS (password "
             "'from another time')", undo="DROP FOREIGN DATA WRAPPER other CASCADE"),
]  # fmt: skip

IN_THE_CLUSTER = [
    Mutation("test_role_enters[app_role in app_database: SELECT current_user]",
             'role "appuser" is not permitted to log in', "ALTER ROLE appuser NOLOGIN",
             turn="a"),
    Mutation("test_role_enters[temporal_role in temporal_database: SELECT current_user]",
             "password authentication failed", "ALTER ROLE temporaluser PASSWORD 'another one'",
             turn="b"),
    Mutation("test_role_enters[backup_role in app_database: SELECT current_user]",
             "ALTER ROLE backupuser VALID UNTIL 'infinity'",
             "ALTER ROLE backupuser VALID UNTIL '2001-02-03'", turn="a"),
    Mutation(f"{REJECTED}[app_role in app_database: CREATE TEMP TABLE mine (i int)]",
             "REVOKE TEMPORARY ON DATABASE appdb FROM PUBLIC",
             "GRANT TEMPORARY ON DATABASE appdb TO PUBLIC"),
    Mutation(f"{REJECTED}[temporal_role in temporal_database: CREATE SCHEMA mine]",
             "REVOKE CREATE ON DATABASE temporal FROM temporaluser",
             "GRANT CREATE ON DATABASE temporal TO temporaluser"),
    Mutation(f"{REJECTED}[app_role in app_database: SET ROLE {{owner_role}}]",
             "REVOKE appowner FROM appuser", "GRANT appowner TO appuser", turn="b"),
    Mutation(f"{REJECTED}[backup_role in app_database: DELETE FROM {{table}} WHERE false]",
             "ALTER ROLE backupuser SET default_transaction_read_only",
             "ALTER ROLE backupuser RESET default_transaction_read_only"),
    Mutation("test_role_logs_in_and_nothing_else[temporal_role]", "'rolcreatedb'",
             "ALTER ROLE temporaluser CREATEDB"),
    Mutation("test_role_logs_in_and_nothing_else[app_role]", "'rolbypassrls'",
             "ALTER ROLE appuser BYPASSRLS"),
    Mutation("test_role_acts_as_no_other[backup_role]", "backupuser is a member of pg_monitor",
             "GRANT pg_monitor TO backupuser"),
    Mutation("test_role_acts_as_no_other[app_role]",
             "appuser is a member of pg_execute_server_program",
             "GRANT pg_execute_server_program TO appuser"),
    Mutation("test_databases_that_it_enters[app_role]", "'postgres'",
             "GRANT CONNECT ON DATABASE postgres TO appuser"),
    Mutation("test_right_to_connect_is_as_roles_sql_says", "('temporal', 'backupuser')",
             "REVOKE CONNECT ON DATABASE temporal FROM backupuser", turn="a"),
    Mutation("test_every_verifier_is_scram", "assert ['backupuser'] == []",
             "SET password_encryption = md5; ALTER ROLE backupuser PASSWORD 'from another time'",
             turn="b"),
    Mutation(DIFFERS, "ALTER ROLE appuser RESET work_mem",
             "ALTER ROLE appuser SET work_mem = '1GB'"),
    Mutation(DIFFERS, "ALTER ROLE postgres RESET log_statement",
             "ALTER ROLE postgres SET log_statement = 'none'"),
    Mutation(DIFFERS, "ALTER ROLE postgres SET search_path = pg_catalog",
             "ALTER ROLE postgres RESET search_path"),
    Mutation(DIFFERS, "ALTER ROLE appuser IN DATABASE appdb SET search_path",
             "ALTER ROLE appuser IN DATABASE appdb SET search_path = public"),
    Mutation(DIFFERS, "ALTER DATABASE appdb RESET jit", "ALTER DATABASE appdb SET jit = on"),
    Mutation(DIFFERS, "ALTER DATABASE temporal CONNECTION LIMIT -1",
             "ALTER DATABASE temporal CONNECTION LIMIT 30"),
    Mutation(DIFFERS, "ALTER ROLE appuser CONNECTION LIMIT 31",
             "ALTER ROLE appuser CONNECTION LIMIT 1000"),
    Mutation(DIFFERS, "ON PARAMETER archive_command FROM appuser",
             "GRANT ALTER SYSTEM ON PARAMETER archive_command TO appuser"),
    Mutation(DIFFERS, "REVOKE USAGE ON SCHEMA public FROM PUBLIC CASCADE;  -- template1",
             "GRANT USAGE ON SCHEMA public TO PUBLIC", base="template1"),
    Mutation(DIFFERS, "CREATE EXTENSION btree_gin", "DROP EXTENSION btree_gin", base="temporal"),
    Mutation(door("database"), "database appdb is a template",
             "ALTER DATABASE appdb IS_TEMPLATE true",
             undo="ALTER DATABASE appdb IS_TEMPLATE false"),
    Mutation(door("owner"), "database postgres belongs to backupuser",
             "ALTER DATABASE postgres OWNER TO backupuser",
             undo="ALTER DATABASE postgres OWNER TO postgres"),
    Mutation(door("replication slot"), "replication slot forgotten is inactive",
             "SELECT pg_create_physical_replication_slot('forgotten', true)",
             undo="SELECT pg_drop_replication_slot('forgotten')"),
    Mutation(door("role"), "role dba is not in roles-sql, and has SUPERUSER",
             "CREATE ROLE dba SUPERUSER", undo="DROP ROLE dba"),
    Mutation(door("role"), "role eve is a member of postgres",
             "CREATE ROLE eve; GRANT postgres TO eve", undo="DROP ROLE eve"),
    Mutation(door("role"), "role ann is a member of pg_execute_server_program",
             "CREATE ROLE ann; GRANT pg_execute_server_program TO ann", undo="DROP ROLE ann"),
    Mutation(door("role"), "role postgres has a password", "ALTER ROLE postgres PASSWORD 'x'",
             undo="ALTER ROLE postgres PASSWORD NULL"),
    Mutation(door("setting"), "ALTER ROLE ALL has set log_statement = 'none'",
             "ALTER ROLE ALL SET log_statement = 'none'", undo="ALTER ROLE ALL RESET ALL"),
    Mutation(door("setting"), "ALTER ROLE ALL has set pg_stat_statements.track_utility = 'on'",
             "ALTER ROLE ALL SET pg_stat_statements.track_utility = on",
             undo="ALTER ROLE ALL RESET ALL"),
    Mutation(door("setting"), "ALTER DATABASE postgres has set search_path",
             "ALTER DATABASE postgres SET search_path = lab, pg_catalog",
             undo="ALTER DATABASE postgres RESET ALL"),
    Mutation(door("language"), "language plother in postgres is untrusted",
             "CREATE LANGUAGE plother HANDLER plpgsql_call_handler", undo="DROP LANGUAGE plother"),
    Mutation(door("event trigger"), "event trigger watching in temporal",
             "CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS "
             "'BEGIN END'; CREATE EVENT TRIGGER watching ON sql_drop EXECUTE FUNCTION "
             "public.watch()", base="temporal", undo="DROP FUNCTION public.watch CASCADE"),
]  # fmt: skip

IN_FILES = [
    Mutation("test_owner_and_mode_of_the_release", "pg_hba.conf {file_owner} 644",
             shell="chmod 644 pg_hba.conf"),
    Mutation("test_owner_and_mode_of_the_release", "pg_ident.conf nobody:",
             shell="chown nobody pg_ident.conf"),
    Mutation("test_release_is_as_the_inventory_says", "'postgresql.conf'",
             shell="echo '# edited' >> postgresql.conf"),
    Mutation("test_release_is_as_the_inventory_says", "'pg_ident.conf'",
             shell="echo howdah root postgres >> pg_ident.conf"),
    Mutation("test_certificate_is_the_files_and_lasts", "assert '", shell="echo >> server.crt"),
    Mutation("test_deploy_would_change_nothing[configure]", "more.conf is not as it was written",
             shell="echo 'ssl = off' > more.conf"),
    Mutation("test_deploy_would_change_nothing[configure]", "its folder (mode 777)",
             shell="chmod 777 ."),
    Mutation("test_deploy_would_change_nothing[prove]", "is the good one then",
             shell="rm {etc}/good"),
    Mutation("test_release_is_loaded_and_proven", "AssertionError", shell="rm -f {etc}/good"),
    Mutation("test_server_accepts_its_files", "pg_hba.conf line",
             shell="echo nonsense >> pg_hba.conf"),
    Mutation("test_no_door_without_tls_and_scram", "host all all 0.0.0.0 trust", RELOAD,
             "echo 'host all all 0.0.0.0/0 trust' >> pg_hba.conf", turn="b"),
    Mutation("test_rules_let_in_whom_roles_sql_says", "backupuser", RELOAD,
             "sed -i '/backupuser/d' pg_hba.conf", turn="a"),
    Mutation("test_is_rejected_at_the_door[app_role in app_database: sslmode=disable]",
             "it succeeded", RELOAD,
             "sed -i 's/^hostssl appdb appuser/host appdb appuser/' pg_hba.conf", turn="b"),
    Mutation("test_folder_is_the_servers_alone[log]", "'0755'", shell="chmod 755 {log}"),
    Mutation("test_folder_is_the_servers_alone[data]", "'0750'", shell="chmod 750 {data}",
             back="chmod 700 {data}"),
    Mutation("test_nothing_is_left_to_install", "{log}", shell="chmod 755 {log}", turn="a"),
    Mutation("test_nothing_is_left_to_install", "enable postgresql@", only="package",
             shell="systemctl disable {unit}", turn="c"),
    Mutation("test_nothing_is_left_to_install", "+OOMPolicy=continue", only="package",
             shell="sed -i /OOMPolicy/d /etc/systemd/system/{unit}.service.d/howdah.conf"),
    Mutation("test_nothing_is_left_to_install", "start.conf: auto", only="package",
             shell="echo manual > {debian}/start.conf"),
    Mutation("test_nothing_is_left_to_install", "pg_hba.conf: a link to what is in force",
             only="package", turn="d",
             shell="rm {debian}/pg_hba.conf; echo 'local all all peer' > {debian}/pg_hba.conf"),
    Mutation("test_unit_is_enabled_and_runs", "'enabled-runtime'", only="package",
             shell="systemctl disable {unit}", turn="b"),
    Mutation("test_unit_is_sandboxed", "<= 1.5", only="package", turn="c",
             shell=f"printf '[Service]\\nProtectSystem=no\\nCapabilityBoundingSet=~\\n' > {OWN}; "
                   "systemctl daemon-reload",
             back=f"rm {OWN}; systemctl daemon-reload"),
]  # fmt: skip

SETTINGS = [
    auto("max_connections = 77", "test_nothing_waits_for_a_restart", "['max_connections']"),
    Mutation("test_nothing_waits_for_a_restart", "['max_locks_per_transaction']",
             shell="echo 'max_locks_per_transaction = 77' >> postgresql.conf"),
    auto("lock_timeout = '1h'", "test_nobody_overrides_the_files", "'lock_timeout': '1h'"),
    auto("jit = on", "test_deploy_would_change_nothing[load]", "take out jit = 'on'"),
    auto("ssl_min_protocol_version = TLSv1", "test_setting[ssl_min_protocol_version]", "'TLSv1'"),
    auto("password_encryption = md5", "test_setting[password_encryption]", "'md5'"),
    auto("ssl_ciphers = 'HIGH:aNULL'", "test_setting[ssl_ciphers]", "'HIGH:aNULL'"),
    auto("log_connections = off", FORCE, "log_connections = 'off' by {data}"),
    auto("log_statement = none", FORCE, "log_statement = 'none' by {data}"),
    auto("log_line_prefix = ''", FORCE, "log_line_prefix = '' by {data}"),
    auto("authentication_timeout = 10min", FORCE, "authentication_timeout = '600' (s) by {data}"),
    auto("log_min_messages = notice", door("setting"), "ALTER SYSTEM has set log_min_messages"),
    auto("auth_delay.milliseconds = 0", "test_failed_login_is_delayed", "auth_delay.milliseconds"),
    auto("pgaudit.log = none", "test_audit_line_is_written", "has no line of howdah_",
         only="package"),
    auto("synchronous_commit = off", "test_nothing_unsafe_is_in_force", "may lose data",
         only="package"),
    Mutation(FORCE, "auth_delay.milliseconds = 500 is not known to the server",
             shell="echo \"shared_preload_libraries = 'pg_stat_statements'\" "
             ">> {data}/postgresql.auto.conf; {restart}", turn="f"),
    Mutation("test_server_listens_where_it_should", "127.0.0.2",
             shell="echo \"listen_addresses = '127.0.0.1, 127.0.0.2'\" "
             ">> {data}/postgresql.auto.conf; {restart}", turn="a"),
    Mutation(FORCE, "enable_seqscan = 'off' by command line", only="embedded", turn="g",
             shell="{restart} -o \"$(sed 's/^[^ ]* //' {data}/postmaster.opts) "
             '-c enable_seqscan=off"'),
]  # fmt: skip

MUTATIONS = [
    *(mutation._replace(base="appdb") for mutation in IN_APPDB),
    *IN_THE_CLUSTER,
    *IN_FILES,
    *SETTINGS,
]


LATEST = 3
# As `make verify` prints what fails, on wide lines.
VERIFY = (
    "-q",
    "--tb=short",
    "--no-showlocals",
    "--show-capture=no",
    "-o",
    "verbosity_assertions=2",
)
EVERY_TIME = ("1", "a", "b")  # the rounds that have one for each check


def rounds(runtime: str) -> dict[str, list[Mutation]]:
    """All that a runtime may see, by turn. The first has one for each check."""
    made: dict[str, list[Mutation]] = defaultdict(list)
    seen: Counter[str] = Counter()
    for mutation in MUTATIONS:
        if mutation.only not in ("", runtime):
            continue
        turn = mutation.turn
        if not turn:
            seen[mutation.check] += 1
            turn = str(min(seen[mutation.check], LATEST))
        made[turn].append(mutation)
    return dict(sorted(made.items()))


def checks() -> Iterator[str]:
    """The names of all tests of `make verify`."""
    for path in sorted(CHECKS.glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name


def failed(output: str, host: str) -> set[str]:
    """The tests that pytest's summary names, each with its parameter and without the host."""
    names = set()
    for line in output.splitlines():
        if line.startswith("FAILED "):
            name = line.partition("::")[2]
            names.add(name.replace(f"[{host}-", "[", 1).replace(f"[{host}]", "", 1))
    return names


def unnamed(mutations: Iterable[Mutation], output: str, host: str, **names: str) -> list[str]:
    """Those whose check has not failed, or has not said what it must."""
    failing = failed(output, host)
    missed = []
    for mutation in mutations:
        has_failed = any(name == mutation.check or name.startswith(f"{mutation.check} - ")
                         for name in failing)  # fmt: skip
        if not has_failed or mutation.says.format(**names) not in output:
            missed.append(f"{mutation.check}: {mutation.says}")
    return missed


class Host(Protocol):
    """What is done to one, and how it is verified."""

    name: str  # the inventory's
    names: dict[str, str]  # what braces stand for

    def sql(self, text: str, base: str) -> str: ...
    def sh(self, script: str) -> None: ...
    def verify(self) -> str: ...


def missed(host: Host, mutations: Iterable[Mutation]) -> list[str]:
    """Makes them all, verifies once, and takes away what no deploy does."""
    head = host.sql("SELECT version_num FROM app.alembic_version", "appdb")
    for mutation in mutations:
        if mutation.shell:
            host.sh(mutation.shell.format(**host.names))
        if mutation.sql:
            host.sql(mutation.sql, mutation.base)
    output = host.verify()
    for mutation in reversed([*mutations]):
        if mutation.undo:
            host.sql(mutation.undo.format(head=head), mutation.base)
        if mutation.back:
            host.sh(mutation.back.format(**host.names))
    host.sh(": > {data}/postgresql.auto.conf".format(**host.names))
    return unnamed(mutations, output, host.name, **host.names)
