# A database as it was; the one of now is kept beside under another name. The rights come with the
# deploy that follows: until then nobody but the superuser connects.
bring_beside
made=$(
    psql_new -d "$DATABASE" -v fresh="$FRESH" 2>&1 << 'SQL'
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L',
    :'fresh', pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype)
FROM pg_database WHERE datname = current_database();
SQL
) || give_up "$DATABASE: $(error_of "$made")"
said=$(
    live -v fresh="$FRESH" << SQL 2>&1
DROP DATABASE IF EXISTS :"fresh";
$made;
REVOKE ALL ON DATABASE :"fresh" FROM PUBLIC;
SQL
) || give_up "$(error_of "$said")"
move "$FRESH"
said=$(
    live -v fresh="$FRESH" -v name="$DATABASE" -v before="$BEFORE" << 'SQL' 2>&1
SELECT EXISTS (SELECT FROM pg_database WHERE datname = :'name') AS here \gset
\if :here
    ALTER DATABASE :"name" ALLOW_CONNECTIONS false;
    SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = :'name' \g /dev/null
\endif
BEGIN;
\if :here
    ALTER DATABASE :"name" RENAME TO :"before";
\endif
ALTER DATABASE :"fresh" RENAME TO :"name";
COMMIT;
\if :here
    ALTER DATABASE :"before" ALLOW_CONNECTIONS true;
    \echo the one of now is :before
\endif
SQL
) || give_up "$(error_of "$said")"
end_new immediate
clear_away
# shellcheck disable=SC2154 # of recover
tell "$DATABASE is as it was at $lsn; ${said:-there was none}"
