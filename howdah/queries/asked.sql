-- What roles-sql sets and the server would refuse, as rows of JSON. :asked: of each the name, its
-- value, the SQL, and where it is said. What some role or database has already, the server takes.

SELECT set_config('howdah.asked', coalesce(json_agg(item)::text, '[]'), FALSE) <> '[]'
    AND EXISTS (SELECT FROM pg_catalog.pg_language WHERE lanname = 'plpgsql') AS unknown
FROM json_array_elements(:'asked') AS item
WHERE CASE
    -- a name with a prefix may be a library's, which is loaded later
    WHEN item ->> 1 IS NULL THEN strpos(item ->> 0, '.') = 0 AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_settings AS s
        WHERE lower(s.name) = item ->> 0)
    ELSE (item ->> 0, item ->> 1) NOT IN (
        SELECT lower(split_part(stored, '=', 1)), substr(stored, strpos(stored, '=') + 1)
        FROM pg_catalog.pg_db_role_setting
        CROSS JOIN unnest(setconfig) AS stored)
    END \gset
\if :unknown
BEGIN;
SET LOCAL lock_timeout = '1s';
-- it is tried and taken back: nothing that an audit should show
SELECT set_config('pgaudit.log', 'none', TRUE) AS unshown, set_config('howdah.refused', '[]', TRUE)
    AS refused \gset
DO $howdah$
DECLARE
    item json;
BEGIN
    FOR item IN SELECT json_array_elements(current_setting('howdah.asked')::json)
    LOOP
        BEGIN
            EXECUTE item ->> 2;
        EXCEPTION
            -- no answer of the server's about the setting
            WHEN read_only_sql_transaction OR lock_not_available OR internal_error THEN NULL;
            WHEN OTHERS THEN PERFORM set_config('howdah.refused',
                (current_setting('howdah.refused')::jsonb
                    || to_jsonb(format('%s: %s', item ->> 3, SQLERRM)))::text, TRUE);
        END;
    END LOOP;
END
$howdah$;
SELECT json_build_array('refusal', fault)
FROM json_array_elements_text(current_setting('howdah.refused')::json) AS fault;
ROLLBACK;
\endif
