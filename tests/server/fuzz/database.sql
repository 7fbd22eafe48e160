-- What one database has, by names, as rows of JSON; of PostgreSQL's own (what initdb has made)
-- only what is more or less than it was born with.

WITH objects AS (
    SELECT 'schema' AS kind, '' AS place, nspname::text AS name, nspowner AS owner, nspacl AS acl,
        'n' AS letter, 'pg_namespace'::regclass AS class, oid
    FROM pg_namespace
    UNION ALL
    SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname, relname, relowner,
        relacl, CASE relkind WHEN 'S' THEN 's' ELSE 'r' END, 'pg_class'::regclass, c.oid
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT CASE prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, n.nspname,
        format('%I(%s)', proname, pg_get_function_identity_arguments(p.oid)), proowner, proacl,
        'f', 'pg_proc'::regclass, p.oid
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = pronamespace
    LEFT JOIN pg_init_privs AS i ON i.objoid = p.oid AND i.classoid = 'pg_proc'::regclass
    WHERE (p.oid >= 16384 OR proacl IS DISTINCT FROM initprivs)
        -- the functions that make a range belong to the superuser, whosever the range is
        AND NOT EXISTS (SELECT FROM pg_depend AS d
            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
    UNION ALL
    SELECT 'type', n.nspname, typname, typowner, typacl, 'T', 'pg_type'::regclass, t.oid
    FROM pg_type AS t
    JOIN pg_namespace AS n ON n.oid = typnamespace
    LEFT JOIN pg_class AS c ON c.oid = typrelid
    WHERE typelem = 0 AND coalesce(relkind, 'c') = 'c' AND typtype <> 'm'
    UNION ALL
    SELECT 'language', '', lanname, lanowner, lanacl, 'l', 'pg_language'::regclass, oid
    FROM pg_language
    UNION ALL
    SELECT 'wrapper', '', fdwname, fdwowner, fdwacl, 'F', 'pg_foreign_data_wrapper'::regclass, oid
    FROM pg_foreign_data_wrapper
    UNION ALL
    SELECT 'server', '', srvname, srvowner, srvacl, 'S', 'pg_foreign_server'::regclass, oid
    FROM pg_foreign_server
),

objects_and_birth AS MATERIALIZED (
    SELECT o.*, o.oid < 16384 AND o.name <> 'public' AS own,
        acldefault(letter::"char", owner) AS usual, initprivs AS born
    FROM objects AS o
    LEFT JOIN pg_init_privs AS i ON i.objoid = o.oid AND i.classoid = o.class AND i.objsubid = 0
    -- initdb makes information_schema after it has written down what is born with what
    WHERE place !~ '^(pg_toast|pg_temp|information_schema)' AND name !~ '^pg_(toast|temp)'
),

theirs AS (
    SELECT * FROM objects_and_birth
    WHERE NOT own OR acl IS DISTINCT FROM born OR owner <> 10
),

columns AS (
    SELECT o.*, c.attname, c.attacl, initprivs
    FROM objects_and_birth AS o
    JOIN pg_attribute AS c ON c.attrelid = o.oid AND o.class = 'pg_class'::regclass
    LEFT JOIN pg_init_privs AS i
        ON i.objoid = o.oid AND i.classoid = o.class AND i.objsubid = c.attnum
    WHERE NOT c.attisdropped AND c.attacl IS NOT NULL AND c.attacl IS DISTINCT FROM i.initprivs
),

was AS (
    SELECT kind, place, name, owner, '' AS attname, a.*
    FROM theirs
    CROSS JOIN aclexplode(coalesce(born, usual)) AS a
    WHERE own
),

now AS (
    SELECT kind, place, name, owner, '' AS attname, a.*
    FROM theirs
    CROSS JOIN aclexplode(coalesce(acl, usual)) AS a
    WHERE own
),

entries AS (
    SELECT 'acl' AS word, kind, place, name, owner, '' AS attname, a.*
    FROM theirs
    CROSS JOIN aclexplode(coalesce(acl, usual)) AS a
    WHERE NOT own
    UNION ALL
    SELECT 'acl', kind, place, name, owner, attname, a.*
    FROM columns
    CROSS JOIN aclexplode(attacl) AS a
    UNION ALL
    SELECT 'more', more.* FROM (TABLE now EXCEPT TABLE was) AS more
    UNION ALL
    SELECT 'less', less.* FROM (TABLE was EXCEPT TABLE now) AS less
)

SELECT json_build_array('owner', current_database(), kind, place, name, pg_get_userbyid(owner))
FROM theirs
WHERE NOT own OR owner <> 10
UNION ALL
SELECT json_build_array(word, current_database(), kind, place, name, attname,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
    -- an owner may grant all the same
    privilege_type, pg_get_userbyid(grantor), is_grantable AND grantee <> owner)
FROM entries
UNION ALL
SELECT json_build_array('comment', current_database(), kind, place, name, description)
FROM objects_and_birth AS o
JOIN pg_description AS d ON d.objoid = o.oid AND d.classoid = o.class AND d.objsubid = 0
WHERE NOT own
UNION ALL
SELECT json_build_array('default', current_database(), pg_get_userbyid(defaclrole),
    coalesce(n.nspname, ''), defaclobjtype,
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
    a.privilege_type, pg_get_userbyid(a.grantor), a.is_grantable)
FROM pg_default_acl
LEFT JOIN pg_namespace AS n ON n.oid = defaclnamespace
CROSS JOIN aclexplode(defaclacl) AS a
UNION ALL
SELECT json_build_array('extension', current_database(), extname, nspname)
FROM pg_extension
JOIN pg_namespace AS n ON n.oid = extnamespace;
