-- Of a database that is PostgreSQL's own: who may use its schemas, as rows of JSON.

SELECT json_build_array('owner', current_database(), 'schema', '', nspname, '',
    pg_get_userbyid(nspowner))
FROM pg_catalog.pg_namespace
WHERE nspname IN (SELECT jsonb_array_elements_text(:'named'::jsonb -> 'schemas'))
UNION ALL
SELECT json_build_array('grant', current_database(), 'schema', '', n.nspname, '', '',
    CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
    a.privilege_type, pg_get_userbyid(a.grantor), a.is_grantable)
FROM pg_catalog.pg_namespace AS n
CROSS JOIN aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
WHERE n.nspname IN (SELECT jsonb_array_elements_text(:'named'::jsonb -> 'schemas'));
