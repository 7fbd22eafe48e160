# Restores a backup beside the data, recovers it, and renames. What a killed run has left is
# finished, or goes.
new=$DATA.restored
before=$DATA.before-$(date -u +%Y%m%dT%H%M%SZ)
give_up() {
    sweep
    beside_data rm -rf "$new"
    fail "ERROR: $1"
}

cd /
# before the server is stopped: what could not be renamed then
! mountpoint -q "$DATA" ||
    fail "ERROR: $DATA is a file system of its own, and a restore needs a folder to rename"
beside_data test -w "${DATA%/*}" ||
    fail "ERROR: ${DATA%/*} is not the server's OS user's, and a restore renames in it"
sweep
if is_half_done; then
    tell "a killed run has restored; the rest is done now"
    swap_data "$before"
    exit
fi
beside_data rm -rf "$new"
# all that has been committed is in the archive, where the server still lives
if find_server "$DATA"; then
    pgbackrest --stanza="$STANZA" check > /dev/null 2>&1 || :
fi
most=
if [ -n "$NEWEST" ]; then
    wait_for_archive give_up
    most=$(newest_segment)
fi
tell "restore $SET …"
restore_beside give_up "$AT_ONCE" --set="$SET"
recover give_up
[ -z "$most" ] || check_reached "$most" give_up
last=$(ask_new 'SELECT pg_last_xact_replay_timestamp()')
# shellcheck disable=SC2154 # of recover
tell "recovered to $lsn; the last commit is of ${last:-before the backup}"
finish give_up
swap_data "$before"
[ ! -e "$before" ] || tell "make restore-undo puts them back, make restore-keep deletes them"
