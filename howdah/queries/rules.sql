-- The rules of the pg_hba.conf that a cluster had before Howdah, as rows of JSON.

SELECT json_build_array('rule', to_jsonb(r))
FROM pg_catalog.pg_hba_file_rules AS r;
