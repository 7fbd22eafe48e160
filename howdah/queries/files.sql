-- What the running server says of its files, as rows of JSON. It fails where they are missing.

-- A setting that waits for a restart in the file only, or that is gone from it.
SELECT json_build_array('pending', s.name)
FROM pg_catalog.pg_settings AS s
WHERE s.context = 'postmaster' AND EXISTS (
    SELECT FROM pg_catalog.pg_file_settings AS f
    WHERE f.error IS NOT NULL
        AND (f.name = s.name OR f.error LIKE format('parameter "%s" cannot be changed %%', s.name)));

-- ALTER SYSTEM wins over the rendered file; what it sets stands in a file of its own.
SELECT json_build_array('system', name, setting)
FROM pg_catalog.pg_file_settings
WHERE name IS NOT NULL AND sourcefile ~ 'postgresql\.auto\.conf$';
