-- PUBLIC uses no schema in the databases that every server has. In template1 a later database
-- would inherit it.

\connect postgres
REVOKE ALL ON SCHEMA public FROM PUBLIC;

\connect template1
REVOKE ALL ON SCHEMA public FROM PUBLIC;
