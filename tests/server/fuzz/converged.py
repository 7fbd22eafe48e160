"""A server as its files want it, and beside it what no file names."""

from tests.server.fuzz.things import APP, by_owner

BASE = """
CREATE ROLE own NOLOGIN;
CREATE ROLE ann LOGIN CONNECTION LIMIT 3 PASSWORD :'app_verifier';
CREATE ROLE bob NOINHERIT;
CREATE ROLE "Cy $λ";
GRANT own TO bob;
GRANT "Cy $λ" TO ann WITH ADMIN OPTION;
GRANT pg_monitor TO ann;
ALTER ROLE ann SET work_mem = '64MB';
CREATE DATABASE appdb OWNER own TEMPLATE template0 ENCODING 'UTF8' CONNECTION LIMIT 9;
REVOKE ALL ON DATABASE appdb FROM PUBLIC;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE appdb TO ann;
GRANT CONNECT ON DATABASE postgres TO ann;
GRANT TEMP ON DATABASE appdb TO "Cy $λ" WITH GRANT OPTION;
ALTER ROLE ann IN DATABASE appdb SET jit = off;
ALTER DATABASE appdb SET lock_timeout = '7s';
\\connect appdb
ALTER DEFAULT PRIVILEGES FOR ROLE own REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
CREATE SCHEMA app AUTHORIZATION own;
CREATE SCHEMA s2 AUTHORIZATION bob;
CREATE SCHEMA ext AUTHORIZATION postgres;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA app, s2 TO ann, "Cy $λ", bob;
GRANT CREATE ON SCHEMA app TO ann;
GRANT USAGE ON SCHEMA ext TO ann;
ALTER DEFAULT PRIVILEGES FOR ROLE own IN SCHEMA app GRANT SELECT, INSERT ON TABLES TO ann;
ALTER DEFAULT PRIVILEGES FOR ROLE own IN SCHEMA app GRANT SELECT ON TABLES TO "Cy $λ"
    WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE own IN SCHEMA app GRANT USAGE ON SEQUENCES TO ann;
ALTER DEFAULT PRIVILEGES FOR ROLE own IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO ann;
CREATE EXTENSION pg_stat_statements WITH SCHEMA ext;
REVOKE ALL ON TABLE ext.pg_stat_statements FROM PUBLIC;
SET ROLE own;
CREATE TABLE IF NOT EXISTS app.any (id bigserial, name text);
RESET ROLE;
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer) FROM PUBLIC;
"""
# Whose objects are managed in each schema, and who makes some beside them.
CREATORS = {"app": ("own", "ann"), "s2": ("bob",), "public": ("own",)}
MAKERS = {**CREATORS, "s2": ("bob", "own")}
# Of each kind; nothing in roles-sql names the second of a pair, so that it has the rights of any
# other object of its kind, schema and owner.
ONE_EACH = """
CREATE TABLE {place}.{kind}_t (a int, b text);
CREATE SEQUENCE {place}.{kind}_s;
CREATE FUNCTION {place}.{kind}_f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE {place}.{kind}_p(int) LANGUAGE sql AS 'SELECT 1';
CREATE TYPE {place}.{kind}_e AS ENUM ('x');
CREATE DOMAIN {place}.{kind}_d AS int;
CREATE VIEW {place}.{kind}_v AS SELECT 1 AS a, 2 AS b;
"""
TYPE_ELSEWHERE = "CREATE TYPE s2.color AS ENUM ('red'); "
# Nobody's business: roles, a schema and a database that no file names.
UNMANAGED = """
CREATE ROLE guest CREATEROLE; CREATE ROLE eve LOGIN; GRANT guest TO eve;
ALTER ROLE guest SET work_mem = '1MB';
CREATE DATABASE theirs OWNER guest;
GRANT CONNECT ON DATABASE theirs TO ann WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION pg_read_file(text) TO guest;
GRANT SET ON PARAMETER work_mem TO guest WITH GRANT OPTION;
CREATE SCHEMA theirs AUTHORIZATION guest;
ALTER DEFAULT PRIVILEGES FOR ROLE guest GRANT SELECT ON TABLES TO eve;
SET ROLE guest;
CREATE TABLE theirs.t (a int, b text);
CREATE FUNCTION theirs.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
GRANT SELECT (a) ON theirs.t TO ann;
GRANT INSERT ON theirs.t TO bob WITH GRANT OPTION;
GRANT USAGE ON SCHEMA theirs TO PUBLIC;
RESET ROLE;
"""


def migration() -> str:
    """What stands in the database beside what the files make."""
    parts = [f"\\connect {APP}\n", by_owner("bob", TYPE_ELSEWHERE)]
    for place, owners in MAKERS.items():
        for owner in owners:
            for kind in ("named", "other"):
                sql = ONE_EACH.format(place=place, kind=f"{owner}_{kind}")
                parts.append(by_owner(owner, sql))
    return "".join(parts) + UNMANAGED
