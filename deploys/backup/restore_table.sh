# A table as it was, in a schema of its own beside what there is now. Foreign keys and triggers stay
# behind: what they name may be another by now.
give_up() {
    clear_away
    fail "ERROR: $1"
}
bring_beside
kept=$(
    psql_new -d "$DATABASE" -v schema="$SCHEMA" -v table="$TABLE" -v place="$PLACE" << 'SQL' 2>&1
SELECT coalesce(to_regclass(format('%I.%I', :'schema', :'table'))::oid, 0) AS its \gset
SELECT :its = 0 AS lacks \gset
\if :lacks
    DO $$ BEGIN RAISE 'there was no such table'; END $$;
\endif
SELECT relkind <> 'r' AS other FROM pg_class WHERE oid = :its \gset
\if :other
    DO $$ BEGIN RAISE 'it is partitioned, or no table: restore its database'; END $$;
\endif
SELECT format('%s: ALTER TABLE %s ADD CONSTRAINT %I %s;', 'not restored',
    conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND :its IN (conrelid, confrelid);
SELECT format('%s: %s;', 'not restored', pg_get_triggerdef(oid))
FROM pg_trigger WHERE tgrelid = :its AND NOT tgisinternal;
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
FROM pg_constraint WHERE contype = 'f' AND :its IN (conrelid, confrelid) AND conparentid = 0 \gexec
SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass)
FROM pg_trigger WHERE tgrelid = :its AND NOT tgisinternal \gexec
CREATE SCHEMA :"place";
ALTER TABLE :"schema".:"table" SET SCHEMA :"place";
SQL
) || give_up "$SCHEMA.$TABLE: $(cause "$kept")"
# as its owner, whose rights the code has then that is run for it
owner=$(
    psql_new -d "$DATABASE" -v place="$PLACE" << 'SQL'
SELECT pg_get_userbyid(relowner) FROM pg_class
WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = :'place') AND relkind = 'r';
SQL
)
said=$(
    echo 'CREATE SCHEMA :"place" AUTHORIZATION :"owner";' |
        ask -d "$DATABASE" -v place="$PLACE" -v owner="$owner" 2>&1
) || give_up "$(cause "$said")"
said=$({
    dump_new -d "$DATABASE" --schema="$PLACE" |
        (inside_fed env -i LC_ALL=C.UTF-8 PGOPTIONS="$SESSION" "$INSIDE_BINARIES/pg_restore" -w -1 \
            --exit-on-error --no-acl --no-owner --role="$owner" --schema="$PLACE" \
            -h "$SERVER_SOCKET" -p "$SERVER_PORT" -U postgres -d "$DATABASE")
} 2>&1) || {
    echo 'DROP SCHEMA :"place";' | ask -d "$DATABASE" -v place="$PLACE" || :
    give_up "$(cause "$said")"
}
clear_away
# shellcheck disable=SC2154 # of recover
tell "$SCHEMA.$TABLE as it was at $lsn is $PLACE.$TABLE in $DATABASE"
[ -z "$kept" ] || tell "$kept"
tell "take its rows from there, or put it in place, and deploy:"
tell "  ALTER TABLE $PLACE.$TABLE SET SCHEMA $SCHEMA; DROP SCHEMA $PLACE;"
