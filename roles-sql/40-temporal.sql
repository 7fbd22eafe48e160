-- Temporal's workflow executions. Its schema tool connects as temporaluser and makes the tables, so
-- the default privileges are for temporaluser's objects, and for the owner's beside them.

\connect :"temporal_database"

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO :"temporal_role";
GRANT USAGE ON SCHEMA public TO :"backup_role";

-- Temporal's indexes over search attributes need it, and only here may it be made.
CREATE EXTENSION btree_gin WITH SCHEMA public;

ALTER DEFAULT PRIVILEGES FOR ROLE :"temporal_role", :"temporal_owner_role" IN SCHEMA public
GRANT SELECT ON TABLES TO :"backup_role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"temporal_role", :"temporal_owner_role" IN SCHEMA public
GRANT SELECT ON SEQUENCES TO :"backup_role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"temporal_owner_role" IN SCHEMA public
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"temporal_role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"temporal_owner_role" IN SCHEMA public
GRANT USAGE, SELECT ON SEQUENCES TO :"temporal_role";

-- As in the application's database: a role that only reads must not make large objects.
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
