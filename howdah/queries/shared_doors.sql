-- Doors of the whole cluster that somebody has left open by hand: the kind, and a line.

-- An active one has a reader, which says so in pg_stat_replication.
SELECT json_build_array('door', 'replication slot',
    format('replication slot %s is inactive, and keeps WAL until the disk is full', slot_name))
FROM pg_catalog.pg_replication_slots
WHERE NOT active AND NOT temporary
UNION ALL
SELECT json_build_array('door', 'subscription', format('subscription %s in %s', subname, datname))
FROM pg_catalog.pg_subscription
JOIN pg_catalog.pg_database AS d ON d.oid = subdbid
UNION ALL
SELECT json_build_array('door', 'database',
    format('database %s is a template, which whoever makes a database may copy', datname))
FROM pg_catalog.pg_database
WHERE datistemplate AND datname NOT IN ('template0', 'template1');
