-- Who may take advisory locks: whoever migrates, the roles that `advisory_locks` of the inventory
-- names, and what pg_partman's maintenance runs as. The table of locks is one for all: a role that
-- fills it (13,000 locks, a tenth of a second) keeps everybody out, the superuser too.
-- Whoever may not take a lock may still let go: drivers call pg_advisory_unlock_all() whenever a
-- connection goes back to its pool. This file comes late, after the files that make those roles.

\connect :"app_database"
REVOKE EXECUTE ON FUNCTION
pg_catalog.pg_advisory_lock(bigint),
pg_catalog.pg_advisory_lock(integer, integer),
pg_catalog.pg_try_advisory_lock(bigint),
pg_catalog.pg_try_advisory_lock(integer, integer),
pg_catalog.pg_advisory_lock_shared(bigint),
pg_catalog.pg_advisory_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_lock_shared(bigint),
pg_catalog.pg_try_advisory_lock_shared(integer, integer),
pg_catalog.pg_advisory_xact_lock(bigint),
pg_catalog.pg_advisory_xact_lock(integer, integer),
pg_catalog.pg_try_advisory_xact_lock(bigint),
pg_catalog.pg_try_advisory_xact_lock(integer, integer),
pg_catalog.pg_advisory_xact_lock_shared(bigint),
pg_catalog.pg_advisory_xact_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_xact_lock_shared(bigint),
pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
pg_catalog.pg_advisory_lock(bigint),
pg_catalog.pg_advisory_lock(integer, integer),
pg_catalog.pg_try_advisory_lock(bigint),
pg_catalog.pg_try_advisory_lock(integer, integer),
pg_catalog.pg_advisory_lock_shared(bigint),
pg_catalog.pg_advisory_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_lock_shared(bigint),
pg_catalog.pg_try_advisory_lock_shared(integer, integer),
pg_catalog.pg_advisory_xact_lock(bigint),
pg_catalog.pg_advisory_xact_lock(integer, integer),
pg_catalog.pg_try_advisory_xact_lock(bigint),
pg_catalog.pg_try_advisory_xact_lock(integer, integer),
pg_catalog.pg_advisory_xact_lock_shared(bigint),
pg_catalog.pg_advisory_xact_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_xact_lock_shared(bigint),
pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer)
TO :advisory_locks;

\connect :"temporal_database"
REVOKE EXECUTE ON FUNCTION
pg_catalog.pg_advisory_lock(bigint),
pg_catalog.pg_advisory_lock(integer, integer),
pg_catalog.pg_try_advisory_lock(bigint),
pg_catalog.pg_try_advisory_lock(integer, integer),
pg_catalog.pg_advisory_lock_shared(bigint),
pg_catalog.pg_advisory_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_lock_shared(bigint),
pg_catalog.pg_try_advisory_lock_shared(integer, integer),
pg_catalog.pg_advisory_xact_lock(bigint),
pg_catalog.pg_advisory_xact_lock(integer, integer),
pg_catalog.pg_try_advisory_xact_lock(bigint),
pg_catalog.pg_try_advisory_xact_lock(integer, integer),
pg_catalog.pg_advisory_xact_lock_shared(bigint),
pg_catalog.pg_advisory_xact_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_xact_lock_shared(bigint),
pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
pg_catalog.pg_advisory_lock(bigint),
pg_catalog.pg_advisory_lock(integer, integer),
pg_catalog.pg_try_advisory_lock(bigint),
pg_catalog.pg_try_advisory_lock(integer, integer),
pg_catalog.pg_advisory_lock_shared(bigint),
pg_catalog.pg_advisory_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_lock_shared(bigint),
pg_catalog.pg_try_advisory_lock_shared(integer, integer),
pg_catalog.pg_advisory_xact_lock(bigint),
pg_catalog.pg_advisory_xact_lock(integer, integer),
pg_catalog.pg_try_advisory_xact_lock(bigint),
pg_catalog.pg_try_advisory_xact_lock(integer, integer),
pg_catalog.pg_advisory_xact_lock_shared(bigint),
pg_catalog.pg_advisory_xact_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_xact_lock_shared(bigint),
pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer)
TO :advisory_locks;

\connect :"temporal_visibility_database"
REVOKE EXECUTE ON FUNCTION
pg_catalog.pg_advisory_lock(bigint),
pg_catalog.pg_advisory_lock(integer, integer),
pg_catalog.pg_try_advisory_lock(bigint),
pg_catalog.pg_try_advisory_lock(integer, integer),
pg_catalog.pg_advisory_lock_shared(bigint),
pg_catalog.pg_advisory_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_lock_shared(bigint),
pg_catalog.pg_try_advisory_lock_shared(integer, integer),
pg_catalog.pg_advisory_xact_lock(bigint),
pg_catalog.pg_advisory_xact_lock(integer, integer),
pg_catalog.pg_try_advisory_xact_lock(bigint),
pg_catalog.pg_try_advisory_xact_lock(integer, integer),
pg_catalog.pg_advisory_xact_lock_shared(bigint),
pg_catalog.pg_advisory_xact_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_xact_lock_shared(bigint),
pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
pg_catalog.pg_advisory_lock(bigint),
pg_catalog.pg_advisory_lock(integer, integer),
pg_catalog.pg_try_advisory_lock(bigint),
pg_catalog.pg_try_advisory_lock(integer, integer),
pg_catalog.pg_advisory_lock_shared(bigint),
pg_catalog.pg_advisory_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_lock_shared(bigint),
pg_catalog.pg_try_advisory_lock_shared(integer, integer),
pg_catalog.pg_advisory_xact_lock(bigint),
pg_catalog.pg_advisory_xact_lock(integer, integer),
pg_catalog.pg_try_advisory_xact_lock(bigint),
pg_catalog.pg_try_advisory_xact_lock(integer, integer),
pg_catalog.pg_advisory_xact_lock_shared(bigint),
pg_catalog.pg_advisory_xact_lock_shared(integer, integer),
pg_catalog.pg_try_advisory_xact_lock_shared(bigint),
pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer)
TO :advisory_locks;
