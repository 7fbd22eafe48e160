-- What holds for the whole cluster, as rows of JSON; read in database postgres.

SELECT json_build_array('role', rolname, json_build_object(
    'superuser', rolsuper, 'createdb', rolcreatedb, 'createrole', rolcreaterole,
    'inherit', rolinherit, 'login', rolcanlogin, 'replication', rolreplication,
    'bypassrls', rolbypassrls, 'connection_limit', rolconnlimit,
    'valid_until', CASE WHEN rolvaliduntil <> 'infinity' THEN rolvaliduntil AT TIME ZONE 'UTC' END,
    'expired', coalesce(rolvaliduntil < now(), FALSE),
    -- never the verifier itself
    'password', encode(sha256(convert_to(rolpassword, 'UTF8')), 'hex'),
    'scram', coalesce(rolpassword LIKE 'SCRAM-SHA-256$%', TRUE),
    -- what the server tells everybody who begins to log in
    'iterations', split_part(split_part(rolpassword, '$', 2), ':', 1),
    'salt', split_part(split_part(rolpassword, '$', 2), ':', 2)))
FROM pg_catalog.pg_authid
WHERE rolname !~ '^pg_';

-- inherit_option, set_option and a grantor that counts came with PostgreSQL 16.
SELECT json_build_array('member', r.rolname, u.rolname,
    CASE WHEN to_jsonb(m) ? 'set_option' THEN pg_get_userbyid(m.grantor) ELSE 'postgres' END,
    m.admin_option,
    coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, u.rolinherit),
    coalesce((to_jsonb(m) ->> 'set_option')::boolean, TRUE))
FROM pg_catalog.pg_auth_members AS m
JOIN pg_catalog.pg_roles AS r ON r.oid = m.roleid
JOIN pg_catalog.pg_roles AS u ON u.oid = m.member
WHERE u.rolname !~ '^pg_' OR r.rolname !~ '^pg_';

SELECT json_build_array('setting', coalesce(r.rolname, ''), coalesce(d.datname, ''),
    split_part(item, '=', 1), substr(item, strpos(item, '=') + 1))
FROM pg_catalog.pg_db_role_setting AS s
CROSS JOIN unnest(s.setconfig) AS item
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase;

SELECT json_build_array('connlimit', datname, datconnlimit)
FROM pg_catalog.pg_database;

-- The locale of ICU or of PostgreSQL's own got a name of its own in 15, and another one in 17.
SELECT json_build_array('locale', datname, json_strip_nulls(json_build_object(
    'lc_collate', datcollate, 'lc_ctype', datctype,
    'locale_provider', CASE to_jsonb(d) ->> 'datlocprovider'
        WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END,
    'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'))))
FROM pg_catalog.pg_database AS d;

SELECT json_build_array('owner', datname, 'database', '', datname, '', pg_get_userbyid(datdba))
FROM pg_catalog.pg_database;

SELECT json_build_array('grant', d.datname, 'database', '', d.datname, '', '',
    CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
    a.privilege_type, pg_get_userbyid(a.grantor), a.is_grantable)
FROM pg_catalog.pg_database AS d
CROSS JOIN aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a;

-- GRANT … ON PARAMETER
SELECT json_build_array('owner', 'postgres', 'parameter', '', parname, '', 'postgres')
FROM pg_catalog.pg_parameter_acl;

SELECT json_build_array('grant', 'postgres', 'parameter', '', p.parname, '', '',
    CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
    a.privilege_type, pg_get_userbyid(a.grantor), a.is_grantable)
FROM pg_catalog.pg_parameter_acl AS p
CROSS JOIN aclexplode(p.paracl) AS a;
