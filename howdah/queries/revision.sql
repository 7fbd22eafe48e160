-- Where the schema is in its history, as rows of JSON. Only a plain table is read: a view would
-- run somebody's function as the superuser.

SELECT coalesce(bool_or(c.relkind = 'r'), FALSE) AS versioned, count(*) > 0 AS there
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'app' AND c.relname = 'alembic_version' \gset
\if :versioned
SELECT json_build_array('revision', version_num) FROM app.alembic_version;
\elif :there
SELECT json_build_array('revision', NULL);
\endif
