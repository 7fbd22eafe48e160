-- What a whole server has, by names, as rows of JSON; nothing of it is Howdah's own query.

SELECT json_build_array('role', r.rolname, a.key, nullif(a.value, 'infinity'))
FROM pg_authid AS r
CROSS JOIN jsonb_each_text(to_jsonb(r) - 'oid' - 'rolname') AS a
WHERE r.rolname !~ '^pg_';

-- Before 16 a grantor and INHERIT were nobody's.
SELECT json_build_array('member', r.rolname, u.rolname,
    CASE WHEN to_jsonb(m) ? 'set_option' THEN pg_get_userbyid(m.grantor) END,
    m.admin_option, to_jsonb(m) -> 'inherit_option', to_jsonb(m) -> 'set_option')
FROM pg_auth_members AS m
JOIN pg_roles AS r ON r.oid = m.roleid
JOIN pg_roles AS u ON u.oid = m.member
WHERE u.rolname !~ '^pg_' OR r.rolname !~ '^pg_';

SELECT json_build_array('setting', coalesce(r.rolname, ''), coalesce(d.datname, ''),
    split_part(item, '=', 1),
    -- FROM CURRENT stores ISO, where the statement's word was iso
    CASE WHEN item ~* '^datestyle=' THEN lower(item) ELSE substr(item, strpos(item, '=') + 1) END)
FROM pg_db_role_setting AS s
CROSS JOIN unnest(s.setconfig) AS item
LEFT JOIN pg_roles AS r ON r.oid = s.setrole
LEFT JOIN pg_database AS d ON d.oid = s.setdatabase;

SELECT json_build_array('database', datname, key, value)
FROM pg_database
CROSS JOIN LATERAL (VALUES
    ('owner', pg_get_userbyid(datdba)::text),
    ('connlimit', datconnlimit::text),
    ('encoding', pg_encoding_to_char(encoding)::text),
    ('ctype', datctype::text),
    ('template', datistemplate::text),
    ('comment', shobj_description(oid, 'pg_database'))) AS facts (key, value);

SELECT json_build_array('comment', '', 'role', '', rolname, shobj_description(oid, 'pg_authid'))
FROM pg_roles
WHERE shobj_description(oid, 'pg_authid') IS NOT NULL AND rolname !~ '^pg_';

SELECT json_build_array('acl', datname, 'database', '', datname, '',
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
    a.privilege_type, pg_get_userbyid(a.grantor), a.is_grantable AND a.grantee <> d.datdba)
FROM pg_database AS d
CROSS JOIN aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a;

SELECT json_build_array('acl', '', 'parameter', '', p.parname, '',
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
    a.privilege_type, pg_get_userbyid(a.grantor), a.is_grantable)
FROM pg_parameter_acl AS p
CROSS JOIN aclexplode(p.paracl) AS a;
