-- The comments that roles-sql names, as rows of JSON. :commented: kind, schema and name of each.

SELECT json_build_array('comment',
    CASE kind WHEN 'database' THEN name ELSE current_database()::text END,
    kind, nspname, name, description)
FROM (
    SELECT 'role' AS kind, '' AS nspname, rolname::text AS name,
        shobj_description(oid, 'pg_authid') AS description
    FROM pg_catalog.pg_authid
    UNION ALL
    SELECT 'database', '', datname::text, shobj_description(oid, 'pg_database')
    FROM pg_catalog.pg_database
    UNION ALL
    SELECT 'schema', '', nspname::text, obj_description(oid, 'pg_namespace')
    FROM pg_catalog.pg_namespace
    UNION ALL
    SELECT 'extension', '', extname::text, obj_description(oid, 'pg_extension')
    FROM pg_catalog.pg_extension
    UNION ALL
    SELECT 'table', n.nspname::text, c.relname::text, obj_description(c.oid, 'pg_class')
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
) AS described
WHERE (kind, nspname, name) IN (
    SELECT named ->> 0, named ->> 1, named ->> 2
    FROM json_array_elements(:'commented') AS named);
