-- What the running server does not accept of its files, as rows of JSON.

SELECT json_build_array('fault', format('%s line %s: %s%s',
    regexp_replace(sourcefile, '.*/', ''), sourceline, name || ': ', error))
FROM pg_catalog.pg_file_settings AS f
-- A postmaster's setting that waits for its restart counts as an error there.
WHERE error IS NOT NULL AND sourcefile IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_settings AS s
    WHERE s.name = f.name AND s.context = 'postmaster');

SELECT json_build_array('fault', format('pg_hba.conf line %s: %s', line_number, error))
FROM pg_catalog.pg_hba_file_rules
WHERE error IS NOT NULL;
