-- Doors that somebody has left open in one database by hand, as rows of JSON: the kind, and a line.
-- :roles: the managed ones, as JSON; :named, too: their schemas here. No option of a user mapping
-- leaves the server.

WITH managed AS (
    SELECT oid, rolname FROM pg_catalog.pg_authid
    WHERE rolname IN (SELECT jsonb_array_elements_text(:'roles'::jsonb)) AND NOT rolsuper
)

-- The schema's USAGE is not asked for: a view reaches a function without it.
SELECT json_build_array('door', 'function', format('function %s.%s(%s) in %s %s', n.nspname,
    p.proname, oidvectortypes(p.proargtypes), current_database(), CASE
        WHEN NOT p.prosecdef THEN 'is a library''s, or the server''s own by another name'
        ELSE format('runs as %s, and %s may call it', pg_get_userbyid(p.proowner), CASE
            WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN 'everybody'
            ELSE callers.names END) END))
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
CROSS JOIN LATERAL (
    SELECT string_agg(m.rolname, ', ' ORDER BY m.rolname) AS names FROM managed AS m
    WHERE has_function_privilege(m.oid, p.oid, 'EXECUTE')
        AND has_database_privilege(m.oid, current_database(), 'CONNECT')) AS callers
WHERE (p.prosecdef OR p.oid >= 16384 AND p.prolang IN (12, 13))  -- internal and c
    AND p.prorettype <> 'event_trigger'::regtype AND callers.names IS NOT NULL
    AND p.proowner IN (SELECT oid FROM pg_catalog.pg_authid WHERE rolsuper)
    -- an extension's is the extension's, and a range's constructors are the type's
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
UNION ALL
SELECT json_build_array('door', 'event trigger', format('event trigger %s in %s', t.evtname,
    current_database()))
FROM pg_catalog.pg_event_trigger AS t
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT json_build_array('door', 'language', format('language %s in %s is %s', lanname,
    current_database(), CASE WHEN lanpltrusted THEN 'marked as trusted' ELSE 'untrusted' END))
FROM pg_catalog.pg_language
WHERE lanpltrusted = (oid IN (12, 13))
UNION ALL
SELECT json_build_array('door', 'user mapping',
    format('user mapping of %s for server %s in %s has a password',
        CASE m.umuser WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(m.umuser) END, s.srvname,
        current_database()))
FROM pg_catalog.pg_user_mapping AS m
JOIN pg_catalog.pg_foreign_server AS s ON s.oid = m.umserver
WHERE EXISTS (
    SELECT FROM unnest(m.umoptions) AS o (option)
    WHERE option ~* '^[^=]*(pass|secret|token|key)[^=]*=')
UNION ALL
SELECT json_build_array('door', 'schema', format('schema %s in %s lets %s create in it',
    n.nspname, current_database(), CASE
        WHEN has_schema_privilege('public', n.oid, 'CREATE') THEN 'everybody'
        ELSE creators.names END))
FROM pg_catalog.pg_namespace AS n
CROSS JOIN LATERAL (
    SELECT string_agg(m.rolname, ', ' ORDER BY m.rolname) AS names FROM managed AS m
    WHERE m.oid <> n.nspowner AND has_schema_privilege(m.oid, n.oid, 'CREATE')
        AND has_database_privilege(m.oid, current_database(), 'CONNECT')) AS creators
WHERE creators.names IS NOT NULL
    AND n.nspname NOT IN (SELECT jsonb_array_elements_text(:'named'::jsonb -> 'schemas'));
