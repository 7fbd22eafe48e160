# Loads $DATABASE of a dump into a database beside it, compares it with the manifest, and renames
# both. with_create, with_first, with_swap and with_drop have the SQL. A connection limit of 0 marks
# what is not ready, or was left by a killed run: only the superuser gets in.
cd /
dump=$FOLDER/$DUMP
list=$INSIDE_SOCKET/howdah-load
limit=
tell() { echo "$1" >&3; }
give_up() {
    as_server rm -f "$list"
    [ -z "$limit" ] || echo 'ALTER DATABASE :"database" CONNECTION LIMIT :limit;' |
        ask -v database="$DATABASE" -v limit="$limit" || :
    with_drop ask > /dev/null 2>&1 || :
    fail "ERROR: $1"
}
read_dump() { as_dumper cat "$dump/$DATABASE.dump"; }
restore() { inside_fed env -i LC_ALL=C.UTF-8 PGOPTIONS="$SESSION" "$INSIDE_BINARIES/pg_restore" "$@"; }

is_whole "$dump" "$DATABASE" ||
    fail "ERROR: $dump/$DATABASE.dump is damaged: its sha256 is not the manifest's; FROM=… takes another"
said=$(with_create ask 2>&1) || fail "ERROR: $(cause "$said")"
set -- --no-acl
if [ -n "$ITS_ROLE" ]; then
    # what only the superuser may make; the rest by the role that owns it all: no code of anybody's
    # runs as the superuser
    said=$(with_first ask -d "$FRESH" 2>&1) || give_up "$(cause "$said")"
    read_dump | (restore -l) | grep -vF -e "$MADE_FIRST" | (inside_fed sh -c 'cat > "$1"' sh "$list")
    set -- --no-acl --no-owner --role="$ITS_ROLE" -L "$list"
fi
tell "load $DATABASE of $DUMP …"
said=$(read_dump | (restore -w -1 --exit-on-error "$@" -h "$SERVER_SOCKET" -p "$SERVER_PORT" \
    -U postgres -d "$FRESH" 2>&1)) || give_up "$(cause "$said")"
as_server rm -f "$list"
lost=$(as_dumper awk -F '\t' -v database="$DATABASE" '
    $1 == "rows" && $2 == database {
        table = $4
        gsub(/\047/, "\047\047", table)
        printf "SELECT \047%s\047 FROM (SELECT count(*) AS n FROM ONLY %s) AS t WHERE n <> %s;\n",
            table, $4, $3
    }' "$dump/manifest" | ask -d "$FRESH" 2>&1) || give_up "$(cause "$lost")"
[ -z "$lost" ] || give_up "other rows than in the manifest: $(echo "$lost" | head -n 5 | tr '\n' ' ')"
before=${BEFORE}_$(date -u +%Y%m%d_%H%M%S)
limit=$(echo "SELECT datconnlimit FROM pg_database WHERE datname = :'database';" |
    ask -v database="$DATABASE")
said=$(with_swap ask -v before="$before" 2>&1) || give_up "$(cause "$said")"
[ -z "$limit" ] || tell "the database before is $before, which nobody enters"
