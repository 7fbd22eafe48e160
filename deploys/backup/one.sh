# One part of a cluster as it was: the cluster restored beside and recovered, and the part dumped from
# there into the server that runs.
new=$DATA.restored
dump=$DATA.dump
live() { (find_server "$DATA" && ask "$@"); }
clear_away() {
    sweep
    as_owner rm -rf "$new" "$dump"
}
give_up() {
    clear_away
    fail "ERROR: $1"
}
# The cluster beside, without the rows of other databases.
bring_beside() {
    cd /
    clear_away
    echo 'SELECT 1' | live > /dev/null || fail "ERROR: the server does not answer"
    as_owner pgbackrest --stanza="$STANZA" check > /dev/null 2>&1 || :
    most=
    [ -z "$NEWEST" ] || most=$(newest_segment)
    tell "restore $SET …"
    restore_beside give_up --set="$SET" --db-include="$DATABASE"
    recover give_up
    [ -z "$most" ] || check_reached "$most" give_up
}
# $1: the database that it goes to; then pg_dump's words for what goes.
move() {
    to=$1
    shift
    said=$(as_owner env -i LC_ALL=C.UTF-8 "$BINARIES/pg_dump" -h "$WORK" -p "$PORT" -U postgres \
        -d "$DATABASE" -Fc -f "$dump" "$@" 2>&1) || give_up "$(error_of "$said")"
    find_server "$DATA"
    said=$(as_owner env -i LC_ALL=C.UTF-8 PGOPTIONS="$SESSION" "$BINARIES/pg_restore" -1 \
        -h "$SERVER_SOCKET" -p "$SERVER_PORT" -U postgres -d "$to" --exit-on-error --no-acl \
        "$dump" 2>&1) || give_up "$(error_of "$said")"
}
