-- What holds in one database, as rows of JSON. :named: what roles-sql names there, as JSON.

SELECT json_build_array('extension', current_database(), e.extname, n.nspname)
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace;

WITH named AS (
    SELECT
        ARRAY(SELECT jsonb_array_elements_text(:'named'::jsonb -> 'schemas')) AS schemas,
        ARRAY(SELECT jsonb_array_elements_text(:'named'::jsonb -> 'catalog')) AS catalog,
        ARRAY(SELECT jsonb_array_elements_text(:'named'::jsonb -> 'others')) AS others,
        -- as texts: to jsonb an array in an array is a set
        ARRAY(SELECT jsonb_array_elements(:'named'::jsonb -> 'objects')::text) AS objects
),

objects AS (
    SELECT 'schema' AS kind, '' AS nspname, nspname AS name, '' AS arguments, nspowner AS owner,
        coalesce(nspacl, acldefault('n', nspowner)) AS acl, oid,
        -- one that roles-sql names is not an extension's, whoever made it
        CASE WHEN NOT nspname = ANY (named.schemas) THEN 'pg_namespace'::regclass END AS class,
        NULL::aclitem[] AS born
    FROM named, pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    UNION ALL
    SELECT CASE relkind WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END, n.nspname,
        c.relname, '', c.relowner,
        CASE relkind
            WHEN 'S' THEN coalesce(c.relacl, acldefault('s', c.relowner))
            WHEN 'c' THEN coalesce(t.typacl, acldefault('T', c.relowner))
            ELSE coalesce(c.relacl, acldefault('r', c.relowner))
        END,
        -- what a composite type belongs to is said of the type, not of its columns' relation
        CASE relkind WHEN 'c' THEN t.oid ELSE c.oid END,
        CASE relkind WHEN 'c' THEN 'pg_type'::regclass ELSE 'pg_class'::regclass END, NULL
    FROM named, pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_type AS t ON t.oid = c.reltype
    WHERE n.nspname = ANY (named.schemas) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
    UNION ALL
    SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, n.nspname, p.proname,
        format('(%s)', oidvectortypes(p.proargtypes)), p.proowner,
        coalesce(p.proacl, acldefault('f', p.proowner)), p.oid, 'pg_proc'::regclass, NULL
    FROM named, pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = ANY (named.schemas)
    UNION ALL
    -- of PostgreSQL's own, the functions that somebody has changed since initdb, or may
    SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, 'pg_catalog', p.proname,
        format('(%s)', oidvectortypes(p.proargtypes)), p.proowner,
        coalesce(p.proacl, acldefault('f', p.proowner)), p.oid, 'pg_proc'::regclass,
        coalesce(i.initprivs, acldefault('f', p.proowner))
    FROM named, pg_catalog.pg_proc AS p
    LEFT JOIN pg_catalog.pg_init_privs AS i
        ON i.objoid = p.oid AND i.classoid = 'pg_proc'::regclass
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
        -- of three thousand, first the few that may be among them
        AND (p.proacl IS NOT NULL OR p.proname = ANY (named.catalog) OR p.oid IN (
            SELECT j.objoid FROM pg_catalog.pg_init_privs AS j
            WHERE j.classoid = 'pg_proc'::regclass))
        AND (p.proacl IS DISTINCT FROM i.initprivs OR p.proname = ANY (named.catalog))
    UNION ALL
    -- and the tables
    SELECT 'table', 'pg_catalog', c.relname, '', c.relowner,
        coalesce(c.relacl, acldefault('r', c.relowner)), c.oid, 'pg_class'::regclass,
        coalesce(i.initprivs, acldefault('r', c.relowner))
    FROM named, pg_catalog.pg_class AS c
    LEFT JOIN pg_catalog.pg_init_privs AS i
        ON i.objoid = c.oid AND i.classoid = 'pg_class'::regclass AND i.objsubid = 0
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')
        AND (c.relacl IS DISTINCT FROM i.initprivs OR c.relname = ANY (named.catalog) OR c.oid IN (
            SELECT a.attrelid
            FROM pg_catalog.pg_attribute AS a
            LEFT JOIN pg_catalog.pg_init_privs AS j ON j.objoid = a.attrelid
                AND j.classoid = 'pg_class'::regclass AND j.objsubid = a.attnum
            WHERE a.attacl IS NOT NULL AND a.attacl IS DISTINCT FROM j.initprivs))
    UNION ALL
    SELECT 'type', n.nspname, t.typname, '', t.typowner,
        coalesce(t.typacl, acldefault('T', t.typowner)), t.oid, 'pg_type'::regclass, NULL
    FROM named, pg_catalog.pg_type AS t
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
    WHERE n.nspname = ANY (named.schemas)
        AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'b' AND t.typelem = 0)
    UNION ALL
    -- of what is in no schema, too
    SELECT 'language', '', l.lanname, '', l.lanowner,
        coalesce(l.lanacl, acldefault('l', l.lanowner)), l.oid, NULL, acldefault('l', l.lanowner)
    FROM named, pg_catalog.pg_language AS l
    WHERE l.lanpltrusted AND (l.lanacl IS NOT NULL OR l.lanname = ANY (named.others))
    UNION ALL
    SELECT 'foreign data wrapper', '', w.fdwname, '', w.fdwowner,
        coalesce(w.fdwacl, acldefault('F', w.fdwowner)), w.oid, NULL, acldefault('F', w.fdwowner)
    FROM named, pg_catalog.pg_foreign_data_wrapper AS w
    WHERE w.fdwacl IS NOT NULL OR w.fdwname = ANY (named.others)
    UNION ALL
    SELECT 'foreign server', '', s.srvname, '', s.srvowner,
        coalesce(s.srvacl, acldefault('S', s.srvowner)), s.oid, NULL, acldefault('S', s.srvowner)
    FROM named, pg_catalog.pg_foreign_server AS s
    WHERE s.srvacl IS NOT NULL OR s.srvname = ANY (named.others)
),

-- An extension's objects are the extension's business, and what PostgreSQL has made for a type
-- (a range's constructors, which belong to the superuser whosever the range is) goes with the type.
own AS (
    SELECT o.* FROM objects AS o
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = o.class AND d.objid = o.oid
            AND (d.deptype = 'e' OR d.deptype = 'i' AND d.classid = 'pg_proc'::regclass))
    UNION ALL
    -- but what its script has granted or revoked is what roles-sql adds to, or takes from
    SELECT 'table', n.nspname, c.relname, '', c.relowner,
        coalesce(c.relacl, acldefault('r', c.relowner)), c.oid, 'pg_class'::regclass, i.initprivs
    FROM named, pg_catalog.pg_init_privs AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.objoid AND i.classoid = 'pg_class'::regclass
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE i.privtype = 'e' AND i.objsubid = 0 AND n.nspname = ANY (named.schemas)
        AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION ALL
    SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, n.nspname, p.proname,
        format('(%s)', oidvectortypes(p.proargtypes)), p.proowner,
        coalesce(p.proacl, acldefault('f', p.proowner)), p.oid, 'pg_proc'::regclass, i.initprivs
    FROM named, pg_catalog.pg_init_privs AS i
    JOIN pg_catalog.pg_proc AS p ON p.oid = i.objoid AND i.classoid = 'pg_proc'::regclass
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE i.privtype = 'e' AND n.nspname = ANY (named.schemas)
    UNION ALL
    -- and what roles-sql names
    SELECT o.kind, o.nspname, o.name, o.arguments, o.owner, o.acl, o.oid, o.class,
        acldefault(
            CASE o.kind WHEN 'table' THEN 'r' WHEN 'sequence' THEN 's' WHEN 'type' THEN 'T'
                ELSE 'f' END::"char", o.owner)
    FROM named, objects AS o
    JOIN pg_catalog.pg_depend AS d ON d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e'
    LEFT JOIN pg_catalog.pg_init_privs AS i
        ON i.objoid = o.oid AND i.classoid = o.class AND i.objsubid = 0 AND i.privtype = 'e'
    WHERE i.objoid IS NULL AND o.kind <> 'schema' AND named.objects && ARRAY[
        jsonb_build_array(o.kind, o.nspname, o.name)::text,
        jsonb_build_array(o.kind, o.nspname, '')::text]
)

-- What has the same ACL is one row: ten thousand tables are no more than their names.
SELECT json_build_array('objects', current_database(), kind, nspname, pg_get_userbyid(owner),
    (SELECT coalesce(json_agg(json_build_array(
        CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
        a.privilege_type, pg_get_userbyid(a.grantor), a.is_grantable)), '[]')
    FROM aclexplode(acl) AS a),
    json_agg(json_build_array(name, arguments)))
FROM own
GROUP BY kind, nspname, owner, acl
UNION ALL
SELECT json_build_array('grant', current_database(), 'table', o.nspname, o.name, '', c.attname,
    CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
    a.privilege_type, pg_get_userbyid(a.grantor), a.is_grantable)
FROM own AS o
JOIN pg_catalog.pg_attribute AS c ON c.attrelid = o.oid AND o.class = 'pg_class'::regclass
CROSS JOIN aclexplode(c.attacl) AS a
WHERE NOT c.attisdropped
UNION ALL
-- what they were born with
SELECT json_build_array('born', current_database(), o.kind, o.nspname, o.name, o.arguments, '',
    CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END, a.privilege_type)
FROM own AS o
CROSS JOIN aclexplode(o.born) AS a
UNION ALL
SELECT json_build_array('born', current_database(), o.kind, o.nspname, o.name, o.arguments,
    c.attname,
    CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END, a.privilege_type)
FROM own AS o
JOIN pg_catalog.pg_init_privs AS i
    ON i.objoid = o.oid AND i.classoid = 'pg_class'::regclass AND i.objsubid > 0
JOIN pg_catalog.pg_attribute AS c ON c.attrelid = o.oid AND c.attnum = i.objsubid
CROSS JOIN aclexplode(i.initprivs) AS a
WHERE o.born IS NOT NULL;

-- A GRANT names columns that a migration may make later.
SELECT json_build_array('columns', current_database(), 'table', n.nspname, c.relname, '',
    json_agg(a.attname))
FROM jsonb_array_elements(:'named'::jsonb -> 'columns') AS t
JOIN pg_catalog.pg_namespace AS n ON n.nspname = t ->> 0
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t ->> 1
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped
GROUP BY n.nspname, c.relname;

SELECT json_build_array('default', current_database(), pg_get_userbyid(d.defaclrole),
    coalesce(n.nspname, ''), k.kind,
    CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
    a.privilege_type, a.is_grantable)
FROM pg_catalog.pg_default_acl AS d
JOIN (VALUES ('r', 'table'), ('S', 'sequence'), ('f', 'function'), ('T', 'type'), ('n', 'schema'))
    AS k (letter, kind) ON k.letter = d.defaclobjtype::text
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
CROSS JOIN aclexplode(d.defaclacl) AS a
WHERE a.grantee <> d.defaclrole OR d.defaclnamespace <> 0;

-- what somebody has taken from the creators themselves
SELECT json_build_array('lost default', current_database(), pg_get_userbyid(d.defaclrole), '',
    k.kind, pg_get_userbyid(d.defaclrole), a.privilege_type)
FROM pg_catalog.pg_default_acl AS d
JOIN (VALUES ('r', 'table', 'r'), ('S', 'sequence', 's'), ('f', 'function', 'f'),
    ('T', 'type', 'T'), ('n', 'schema', 'n')) AS k (letter, kind, usual)
    ON k.letter = d.defaclobjtype::text
CROSS JOIN aclexplode(acldefault(k.usual::"char", d.defaclrole)) AS a
WHERE d.defaclnamespace = 0 AND a.grantee = d.defaclrole AND NOT EXISTS (
    SELECT FROM aclexplode(d.defaclacl) AS has
    WHERE has.grantee = a.grantee AND has.privilege_type = a.privilege_type);

SELECT json_build_array('stated', current_database(), pg_get_userbyid(d.defaclrole), k.kind)
FROM pg_catalog.pg_default_acl AS d
JOIN (VALUES ('r', 'table'), ('S', 'sequence'), ('f', 'function'), ('T', 'type'), ('n', 'schema'))
    AS k (letter, kind) ON k.letter = d.defaclobjtype::text
WHERE d.defaclnamespace = 0;
