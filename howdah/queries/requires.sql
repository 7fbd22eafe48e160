-- What CREATE EXTENSION … CASCADE has brought along, as rows of JSON.

SELECT json_build_array('requires', current_database(), e.extname, needed.extname)
FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_extension AS e ON e.oid = d.objid
JOIN pg_catalog.pg_extension AS needed ON needed.oid = d.refobjid
WHERE d.classid = 'pg_extension'::regclass AND d.refclassid = 'pg_extension'::regclass;
