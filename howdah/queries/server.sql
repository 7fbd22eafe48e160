-- What the running server says of itself, as rows of JSON.

SELECT json_build_array('server',
    current_setting('server_version'),
    coalesce(current_setting('howdah.release', TRUE), ''));

-- A setting that waits for a restart, be it reloaded already or only in the file.
SELECT json_build_array('context', s.name, s.context, s.pending_restart OR EXISTS (
    SELECT FROM pg_catalog.pg_file_settings AS f
    WHERE f.name = s.name AND f.error IS NOT NULL AND s.context = 'postmaster'))
FROM pg_catalog.pg_settings AS s;

-- ALTER SYSTEM wins over the rendered file; what it sets stands in a file of its own.
SELECT json_build_array('system', name, setting)
FROM pg_catalog.pg_file_settings
WHERE sourcefile ~ 'postgresql\.auto\.conf$';

SELECT json_build_array('fault', format('%s line %s: %s', sourcefile, sourceline, error))
FROM pg_catalog.pg_file_settings AS f
-- A postmaster's setting that waits for its restart counts as an error there.
WHERE error IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_settings AS s
    WHERE s.name = f.name AND s.context = 'postmaster');

SELECT json_build_array('fault', format('pg_hba.conf line %s: %s', line_number, error))
FROM pg_catalog.pg_hba_file_rules
WHERE error IS NOT NULL;
