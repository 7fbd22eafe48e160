-- Where the schema is in its history, as a row of JSON.

SELECT to_regclass('app.alembic_version') IS NOT NULL AS versioned \gset
\if :versioned
SELECT json_build_array('revision', version_num) FROM app.alembic_version;
\endif
