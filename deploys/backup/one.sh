# One part of a cluster as it was: the cluster restored beside and recovered, and the part dumped from
# there into the server that runs.
new=$DATA.restored
clear_away() {
    sweep
    beside_data rm -rf "$new"
    find_server "$DATA" # ask is for this one again
}
# The cluster beside, without the rows of other databases.
bring_beside() {
    cd /
    clear_away || fail "ERROR: the server does not run"
    pgbackrest --stanza="$STANZA" check > /dev/null 2>&1 || :
    most=
    if [ -n "$NEWEST" ]; then
        wait_for_archive give_up
        most=$(newest_segment)
    fi
    tell "restore $SET …"
    restore_beside give_up "$AT_ONCE" --set="$SET" --db-include="$DATABASE"
    recover give_up
    [ -z "$most" ] || check_reached "$most" give_up
    find_server "$DATA"
}
# A dump that ends too early lacks a block that pg_restore asks for.
dump_new() {
    in_new "$INSIDE_BINARIES/pg_dump" -h "$INSIDE_WORK" -p "$PORT" -U postgres -Fc "$@"
}
