-- Schema extensions: what an extension brings. It is the superuser's, so that no migration puts
-- anything of its own there; whoever is named here may use what is in it.

\connect :"app_database"

CREATE SCHEMA extensions AUTHORIZATION postgres;
GRANT USAGE ON SCHEMA extensions TO :"owner_role", :"app_role", :"backup_role";

-- What takes the time. A role that may read it all is granted pg_read_all_stats (or pg_monitor),
-- and USAGE on this schema; others see the statements of their own.
CREATE EXTENSION pg_stat_statements WITH SCHEMA extensions;
