-- What the running server says of itself, as rows of JSON.

SELECT json_build_array('server',
    current_setting('server_version'),
    coalesce(current_setting('howdah.release', TRUE), ''),
    current_setting('listen_addresses'),
    current_setting('shared_preload_libraries'));

-- the mark of the drop-in that systemd has started it by
SELECT json_build_array('unit', coalesce(current_setting('howdah.unit', TRUE), ''));

SELECT json_build_array('context', name, context, pending_restart)
FROM pg_catalog.pg_settings;

SELECT json_build_array('loaded', extract(EPOCH FROM pg_conf_load_time()));
