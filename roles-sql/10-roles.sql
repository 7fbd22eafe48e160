-- Makes the five roles, with every attribute stated and what each session of theirs begins with.
-- By hand, on a bare server: docs/roles.md has the one command for all files of this folder.

-- Owns the application's database, schema and tables. Nobody logs in as it: migrations SET ROLE.
CREATE ROLE :"owner_role" NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOLOGIN NOREPLICATION
NOBYPASSRLS CONNECTION LIMIT 0;

-- The application: reads and writes rows, owns nothing, creates nothing.
CREATE ROLE :"app_role" NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT LOGIN NOREPLICATION
NOBYPASSRLS CONNECTION LIMIT :app_connections PASSWORD :'app_verifier';

-- Dumps the three databases and writes nothing. Never pg_read_all_data: that role reads every
-- password verifier in pg_authid. Past row security where the inventory's row_security asks for it.
CREATE ROLE :"backup_role" NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT LOGIN NOREPLICATION
:backup_bypassrls CONNECTION LIMIT :backup_connections PASSWORD :'backup_verifier';

-- Owns the two databases of Temporal.
CREATE ROLE :"temporal_owner_role" NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOLOGIN
NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 0;

-- Temporal itself: its own schema tool makes and alters its tables over this login.
CREATE ROLE :"temporal_role" NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT LOGIN NOREPLICATION
NOBYPASSRLS CONNECTION LIMIT :temporal_connections PASSWORD :'temporal_verifier';

-- The superuser builds indexes, vacuums and restores: work that takes as long as it takes.
ALTER ROLE postgres SET statement_timeout = 0;
-- An operator's query must not call what somebody has put into schema public under the name of one
-- of PostgreSQL's functions. Of the role in every database: a restore that renames a database would
-- lose what is set there.
ALTER ROLE postgres SET search_path = pg_catalog;

-- Owners do not log in; should one ever, it is to migrate, which takes as long as it takes.
ALTER ROLE :"owner_role" SET statement_timeout = 0;
ALTER ROLE :"temporal_owner_role" SET statement_timeout = 0;

-- A runaway query of the application ends, and so does a forgotten transaction or a wait for a
-- lock: each holds a connection of the pool.
ALTER ROLE :"app_role" SET statement_timeout = :'statement_timeout';
ALTER ROLE :"app_role" SET idle_in_transaction_session_timeout = :'idle_timeout';
ALTER ROLE :"app_role" SET lock_timeout = :'lock_timeout';
-- What a transaction holds it holds until its end: entries of the lock table that all share, too.
\if :since_17
ALTER ROLE :"app_role" SET transaction_timeout = :'transaction_timeout';
\endif

-- A dump reads for as long as it takes, in transactions that wait for their siblings (pg_dump -j),
-- but it does not stand behind somebody's ALTER TABLE for ever.
ALTER ROLE :"backup_role" SET statement_timeout = 0;
ALTER ROLE :"backup_role" SET idle_in_transaction_session_timeout = 0;
ALTER ROLE :"backup_role" SET lock_timeout = '60s';
-- It has no right to write; this says so earlier and more clearly.
ALTER ROLE :"backup_role" SET default_transaction_read_only = 'on';

-- Temporal's schema tool builds indexes, and its server has time-outs of its own for queries.
ALTER ROLE :"temporal_role" SET statement_timeout = 0;
ALTER ROLE :"temporal_role" SET idle_in_transaction_session_timeout = :'idle_timeout';
ALTER ROLE :"temporal_role" SET lock_timeout = :'lock_timeout';

-- A sort that does not fit the memory goes to the disk: so far, for each process of a session.
-- Who builds an index of a large table needs as much room as the index takes.
ALTER ROLE :"app_role" SET temp_file_limit = :'temp_file_limit';
ALTER ROLE :"backup_role" SET temp_file_limit = :'temp_file_limit';
ALTER ROLE :"temporal_role" SET temp_file_limit = :'temp_file_limit';
ALTER ROLE postgres SET temp_file_limit = '-1';
ALTER ROLE :"owner_role" SET temp_file_limit = '-1';
ALTER ROLE :"temporal_owner_role" SET temp_file_limit = '-1';

-- A role may change its own password, and the text of that statement has it. Where pgaudit logs
-- such statements, with the password left out, PostgreSQL logs them not a second time.
ALTER ROLE :"app_role" SET log_statement = :'log_statement';
ALTER ROLE :"backup_role" SET log_statement = :'log_statement';
ALTER ROLE :"temporal_role" SET log_statement = :'log_statement';
