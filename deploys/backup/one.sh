# One part of a cluster as it was: the cluster restored beside and recovered, and the part dumped from
# there into the server that runs.
new=$DATA.restored
# shellcheck disable=SC2120 # restore_database has words for it
live() { (find_server "$DATA" && ask "$@"); }
clear_away() {
    sweep
    beside_data rm -rf "$new"
}
give_up() {
    clear_away
    fail "ERROR: $1"
}
# The cluster beside, without the rows of other databases.
bring_beside() {
    cd /
    clear_away
    # shellcheck disable=SC2119
    echo 'SELECT 1' | live > /dev/null || fail "ERROR: the server does not answer"
    pgbackrest --stanza="$STANZA" check > /dev/null 2>&1 || :
    most=
    if [ -n "$NEWEST" ]; then
        wait_for_archive give_up
        most=$(newest_segment)
    fi
    tell "restore $SET …"
    restore_beside give_up --set="$SET" --db-include="$DATABASE"
    recover give_up
    [ -z "$most" ] || check_reached "$most" give_up
}
# $1: the database that it goes to; then pg_dump's words for what goes. What ends too early, lacks a
# block that pg_restore asks for.
move() {
    to=$1
    shift
    said=$({
        in_new "$INSIDE_BINARIES/pg_dump" -h "$INSIDE_WORK" -p "$PORT" -U postgres \
            -d "$DATABASE" -Fc "$@" | load "$to"
    } 2>&1) || give_up "$(error_of "$said")"
}
load() {
    find_server "$DATA" &&
        (inside_fed env -i LC_ALL=C.UTF-8 PGOPTIONS="$SESSION" "$INSIDE_BINARIES/pg_restore" -1 \
            -h "$SERVER_SOCKET" -p "$SERVER_PORT" -U postgres -d "$1" --exit-on-error --no-acl)
}
