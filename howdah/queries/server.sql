-- What the running server says of itself, as rows of JSON.

SELECT json_build_array('server',
    current_setting('server_version'),
    coalesce(current_setting('howdah.release', TRUE), ''),
    current_setting('listen_addresses'),
    current_setting('shared_preload_libraries'));

-- the mark of the drop-in that systemd has started it by
SELECT json_build_array('unit', coalesce(current_setting('howdah.unit', TRUE), ''));

-- in rows of many: one for each would be half of the answer's lines
SELECT json_build_array('contexts', context,
    json_agg(name), coalesce(json_agg(name) FILTER (WHERE pending_restart), '[]'))
FROM pg_catalog.pg_settings
GROUP BY context;

SELECT json_build_array('loaded', extract(EPOCH FROM pg_conf_load_time()));
