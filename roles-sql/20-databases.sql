-- Makes the three databases and says who enters each. PUBLIC may not: every role by its name.
-- From template0, which nobody can be connected to: a session in template1 would make this fail.

CREATE DATABASE :"app_database" OWNER :"owner_role" TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE :"temporal_database" OWNER :"temporal_owner_role"
TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE :"temporal_visibility_database" OWNER :"temporal_owner_role"
TEMPLATE template0 ENCODING 'UTF8';

-- CONNECT and TEMPORARY are PUBLIC's until they are revoked.
REVOKE ALL ON DATABASE :"app_database" FROM PUBLIC;
REVOKE ALL ON DATABASE :"temporal_database" FROM PUBLIC;
REVOKE ALL ON DATABASE :"temporal_visibility_database" FROM PUBLIC;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;

GRANT CONNECT ON DATABASE :"app_database" TO :"app_role", :"backup_role";
GRANT CONNECT ON DATABASE :"temporal_database" TO :"temporal_role", :"backup_role";
GRANT CONNECT ON DATABASE :"temporal_visibility_database" TO :"temporal_role", :"backup_role";

-- On the role in its database, for a client's options= would overwrite it in the URL. Types and
-- functions of extensions are found after the application's own.
ALTER ROLE :"app_role" IN DATABASE :"app_database" SET search_path = app, extensions;
