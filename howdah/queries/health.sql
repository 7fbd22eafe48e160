-- What a server will stop for one day, as rows of JSON.

SELECT json_build_array('failures', coalesce(datname, ''), checksum_failures)
FROM pg_catalog.pg_stat_database
WHERE checksum_failures > 0;

-- Those that nobody may connect to have no indexes of anybody's.
SELECT json_build_array('collation', datname, datcollversion,
    pg_database_collation_actual_version(oid))
FROM pg_catalog.pg_database
WHERE datallowconn AND datcollversion <> pg_database_collation_actual_version(oid);

-- Autovacuum's are its own business.
SELECT json_build_array('open', extract(EPOCH FROM now() - since), datname, rolname, pid)
FROM (
    SELECT xact_start AS since, datname, usename AS rolname, pid
    FROM pg_catalog.pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
    UNION ALL
    SELECT prepared, database, owner, 0 FROM pg_catalog.pg_prepared_xacts
) AS transactions
WHERE since IS NOT NULL
ORDER BY since
LIMIT 1;

SELECT json_build_array('unfrozen', datname, age(datfrozenxid))
FROM pg_catalog.pg_database
ORDER BY age(datfrozenxid) DESC
LIMIT 1;

SELECT json_build_array('queued', pg_notification_queue_usage());
