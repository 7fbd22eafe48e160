-- Schema extensions: what an extension brings. It is the superuser's, so that no migration puts
-- anything of its own there; whoever is named here may use what is in it.

\connect :"app_database"

CREATE SCHEMA extensions AUTHORIZATION postgres;
GRANT USAGE ON SCHEMA extensions TO :"owner_role", :"app_role", :"backup_role";

-- What takes the time. Its script lets everybody in; here a role reads it that is granted SELECT,
-- and the texts of others' statements with pg_read_all_stats (or pg_monitor) only.
CREATE EXTENSION pg_stat_statements WITH SCHEMA extensions;
REVOKE ALL ON TABLE extensions.pg_stat_statements, extensions.pg_stat_statements_info FROM PUBLIC;
