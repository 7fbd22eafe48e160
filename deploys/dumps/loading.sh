# $DATABASE from what read_dump prints, into a database beside it, and both renamed. with_create,
# with_first, with_swap and with_drop have the SQL. A connection limit of 0 marks what is not ready, or
# was left by a killed run: only the superuser gets in.
list=$INSIDE_SOCKET/howdah-load
limit=
restore() { inside_fed env -i LC_ALL=C.UTF-8 PGOPTIONS="$SESSION" "$INSIDE_BINARIES/pg_restore" "$@"; }
drop_fresh() {
    as_server rm -f "$list"
    [ -z "$limit" ] || echo 'ALTER DATABASE :"database" CONNECTION LIMIT :limit;' |
        ask -v database="$DATABASE" -v limit="$limit" || :
    with_drop ask > /dev/null 2>&1 || :
}
make_fresh() {
    said=$(with_create ask 2>&1) || give_up "$(cause "$said")"
    set -- --no-acl
    if [ -n "$ITS_ROLE" ]; then
        # what only the superuser may make; the rest by the role that owns it all, whose rights the
        # code has then that is run for it
        said=$(with_first ask -d "$FRESH" 2>&1) || give_up "$(cause "$said")"
        read_dump | (restore -l) | grep -vF -e "$MADE_FIRST" | (inside_fed sh -c 'cat > "$1"' sh "$list")
        set -- --no-acl --no-owner --role="$ITS_ROLE" -L "$list"
    fi
    said=$(read_dump | (restore -w -1 --exit-on-error "$@" -h "$SERVER_SOCKET" -p "$SERVER_PORT" \
        -U postgres -d "$FRESH" 2>&1)) || give_up "$(cause "$said")"
    as_server rm -f "$list"
}
swap_fresh() {
    before=${BEFORE}_$(date -u +%Y%m%d_%H%M%S)
    limit=$(echo "SELECT datconnlimit FROM pg_database WHERE datname = :'database';" |
        ask -v database="$DATABASE")
    said=$(with_swap ask -v before="$before" 2>&1) || give_up "$(cause "$said")"
    [ -z "$limit" ] || tell "the database before is $before, which nobody enters"
}
