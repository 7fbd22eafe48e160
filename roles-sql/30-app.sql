-- Schema app: appowner owns it, appuser reads and writes rows, backupuser reads.
-- What a default privilege gives to later objects, Howdah also wants on those that are there.

\connect :"app_database"

REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA app AUTHORIZATION :"owner_role";
GRANT USAGE ON SCHEMA app TO :"app_role", :"backup_role";

ALTER DEFAULT PRIVILEGES FOR ROLE :"owner_role" IN SCHEMA app
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app_role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner_role" IN SCHEMA app
GRANT USAGE, SELECT ON SEQUENCES TO :"app_role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner_role" IN SCHEMA app
GRANT EXECUTE ON FUNCTIONS TO :"app_role";
-- A function may run with its owner's rights: nobody calls it who is not named.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner_role"
REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- pg_dump reads sequences too.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner_role" IN SCHEMA app
GRANT SELECT ON TABLES TO :"backup_role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner_role" IN SCHEMA app
GRANT SELECT ON SEQUENCES TO :"backup_role";

-- Alembic's bookkeeping stands here because the application may read it but must not write it,
-- which the default privileges above would let it do.
SET ROLE :"owner_role";
CREATE TABLE IF NOT EXISTS app.alembic_version (
    version_num varchar(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
RESET ROLE;
REVOKE INSERT, UPDATE, DELETE ON TABLE app.alembic_version FROM :"app_role";

-- Large objects have no schema and no default privileges: who makes one owns it, and no dump by
-- backupuser could read it. So only the superuser makes them.
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;

-- Who writes rows may fill the log of changes (WAL); nobody needs to without a row.
\if :since_17
REVOKE EXECUTE ON FUNCTION
pg_catalog.pg_logical_emit_message(boolean, text, text, boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION
pg_catalog.pg_logical_emit_message(boolean, text, bytea, boolean) FROM PUBLIC;
\else
REVOKE EXECUTE ON FUNCTION
pg_catalog.pg_logical_emit_message(boolean, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION
pg_catalog.pg_logical_emit_message(boolean, text, bytea) FROM PUBLIC;
\endif
