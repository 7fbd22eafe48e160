-- What somebody has put on the tables of a managed database by hand, as rows of JSON: the kind,
-- and a line.

WITH tables AS (
    SELECT c.oid, c.relowner, c.relrowsecurity OR c.relforcerowsecurity AS rowsecurity,
        format('%s.%s in %s', n.nspname, c.relname, current_database()) AS its
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname IN (SELECT jsonb_array_elements_text(:'named'::jsonb -> 'schemas'))
        AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND (c.relrowsecurity OR c.relforcerowsecurity OR c.relhastriggers OR c.relhasrules)
)

-- No dump is whole then, unless its role has BYPASSRLS.
SELECT json_build_array('door', 'row security', format('table %s has row security', its))
FROM tables
WHERE rowsecurity
UNION ALL
-- A migration's function belongs to whom the table belongs.
SELECT json_build_array('door', 'trigger', CASE
    WHEN t.tgenabled IN ('D', 'R') THEN format('%s on table %s does not fire',
        CASE WHEN t.tgisinternal THEN 'a foreign key' ELSE 'trigger ' || t.tgname END, c.its)
    ELSE format('trigger %s on table %s runs a function of %s', t.tgname, c.its,
        pg_get_userbyid(p.proowner)) END)
FROM tables AS c
JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = c.oid
JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
WHERE t.tgenabled IN ('D', 'R') OR t.tgparentid = 0 AND p.proowner <> c.relowner
    AND p.pronamespace <> 'pg_catalog'::regnamespace
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT json_build_array('door', 'rule', format('rule %s on table %s', r.rulename, c.its))
FROM tables AS c
JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = c.oid AND r.rulename <> '_RETURN'
UNION ALL
SELECT json_build_array('door', 'publication', format('publication %s in %s belongs to %s',
    p.pubname, current_database(), pg_get_userbyid(p.pubowner)))
FROM pg_catalog.pg_publication AS p
WHERE p.pubowner IN (SELECT oid FROM pg_catalog.pg_authid WHERE rolsuper);
