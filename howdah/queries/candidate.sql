-- What the canary has read of pg_hba.conf and pg_ident.conf, as rows of JSON.
SET statement_timeout = 0;

SELECT json_build_array('rule', to_jsonb(r))
FROM pg_catalog.pg_hba_file_rules AS r;

SELECT json_build_array('map', format('%s as %s', sys_name, pg_username))
FROM pg_catalog.pg_ident_file_mappings
WHERE error IS NULL;

SELECT json_build_array('fault', format('pg_ident.conf line %s: %s', line_number, error))
FROM pg_catalog.pg_ident_file_mappings
WHERE error IS NOT NULL;
