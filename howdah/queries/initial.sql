-- What initdb gives in each database, of what roles-sql names in one that is still to be made.

WITH objects AS (
    SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind, p.proname AS name,
        format('(%s)', oidvectortypes(p.proargtypes)) AS arguments, p.proowner AS owner,
        coalesce(i.initprivs, acldefault('f', p.proowner)) AS born
    FROM pg_catalog.pg_proc AS p
    LEFT JOIN pg_catalog.pg_init_privs AS i
        ON i.objoid = p.oid AND i.classoid = 'pg_proc'::regclass
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
        AND p.proname IN (SELECT jsonb_array_elements_text(:'named'::jsonb -> 'catalog'))
    UNION ALL
    SELECT 'table', c.relname, '', c.relowner,
        coalesce(i.initprivs, acldefault('r', c.relowner))
    FROM pg_catalog.pg_class AS c
    LEFT JOIN pg_catalog.pg_init_privs AS i
        ON i.objoid = c.oid AND i.classoid = 'pg_class'::regclass AND i.objsubid = 0
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')
        AND c.relname IN (SELECT jsonb_array_elements_text(:'named'::jsonb -> 'catalog'))
)

SELECT json_build_array('objects', :'base', kind, 'pg_catalog', pg_get_userbyid(owner),
    (SELECT json_agg(json_build_array(
        CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
        a.privilege_type, pg_get_userbyid(a.grantor), a.is_grantable))
    FROM aclexplode(born) AS a),
    json_build_array(json_build_array(name, arguments)))
FROM objects
UNION ALL
SELECT json_build_array('born', :'base', kind, 'pg_catalog', name, arguments, '',
    CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END, a.privilege_type)
FROM objects
CROSS JOIN aclexplode(born) AS a;
