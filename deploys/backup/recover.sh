# A data directory $new beside the data, recovered on a server that nobody enters, and renamed.
# with_conf has that server's configuration; how it is run is in the runtime's own file.
new='' lsn='' # of who asks: the folder, and what it has been recovered to
# pgBackRest, on one repository where one is chosen.
backrest() { pgbackrest --stanza="$STANZA" ${REPO:+--repo="$REPO"} "$@"; }
# A restore empties its spool, and archive-get locks: with the server's own its archive-push would wait
# a minute. What an earlier recovery has fetched ahead is no proof of what the repository has now.
spool=$SPOOL/${WORK##*/}
tell() { echo "$1" >&3; }
# psql on the closed server; its stdin, and more words.
psql_new() {
    in_new "$INSIDE_BINARIES/psql" -XAtq -v ON_ERROR_STOP=1 -h "$INSIDE_WORK" -p "$PORT" \
        -U postgres "$@" -f -
}
ask_new() { echo "$1" | psql_new -d postgres 2> /dev/null; }
# What a killed run has left at work.
sweep() {
    end_killed
    as_owner rm -rf "$WORK" "$spool"
}
# What somebody waits for has all cores; half of the processes wait for the disk.
# shellcheck disable=SC2034 # of who asks
AT_ONCE=--process-max=$(($(nproc) * 2))
# $1: what to do where it does not end well; the rest: options of pgBackRest's.
restore_beside() {
    otherwise=$1
    shift
    as_owner install -d -m 0700 "$WORK" "$spool"
    said=$(restore_new --lock-path="$WORK/lock" --spool-path="$spool" "$@" 2>&1) ||
        "$otherwise" "$(cause "$said")"
}

# Until it is promoted: its timeline is a new one then. $1: what to do where it does not get there.
recover() {
    as_owner install -d -m 0700 "$WORK" "$spool"
    # shellcheck disable=SC2016 # of the inner shell
    with_conf as_owner sh -c 'cat > "$1/postgresql.conf"
        echo "local all postgres peer map=howdah" > "$1/pg_hba.conf"' sh "$WORK"
    tell "recover …"
    start_new || "$1" "could not start the server that recovers"
    turn=0
    until [ "$(ask_new 'SELECT pg_is_in_recovery()')" = f ]; do
        sleep 0.5
        turn=$((turn + 1))
        if [ "$turn" -gt 4 ] && ! new_runs; then
            # but what is said to those who ask too early
            why=$(as_owner grep -e FATAL: -e PANIC: "$WORK/log" | grep -v 'database system is' |
                head -n 1 | messages)
            [ -n "$why" ] || why=$(as_owner tail -n 1 "$WORK/log" | messages)
            "$1" "recovery: ${why:-it ended without a word}"
        fi
        [ "$turn" -lt 172800 ] || "$1" "recovery has not ended within a day"
        [ $((turn % 20)) != 0 ] || tell "recovered to $(ask_new 'SELECT pg_last_wal_replay_lsn()')"
    done
    lsn=$(ask_new 'SELECT pg_last_wal_replay_lsn()')
}

# The number of the archive's newest segment, to be compared with what recovery reaches.
newest_segment() {
    name=$(backrest info --output=json | grep -o '"max":"[0-9A-F]*"' |
        tail -n 1 | sed 's/.*:"........\(........\)\(........\)"/0x\1 0x\2/')
    echo $((${name% *} * 256 + ${name#* }))
}

# Recovery ends at a hole, and calls that complete. $1: the newest segment, of which it must have read
# something: at its very beginning it has only read the one before. $2: what to do then.
check_reached() {
    reached=$((0x${lsn%/*} * 4294967296 + 0x${lsn#*/}))
    [ "$reached" -gt $(($1 * 16777216)) ] ||
        "$2" "recovery has ended at $lsn, and the archive has more: a segment is damaged"
}

# It waits for what it has not archived: a history that is missing would end the next restore.
finish() {
    ask_new 'ALTER SYSTEM RESET restore_command' || "$1" "could not reset restore_command"
    end_new fast
    as_owner rm -rf "$WORK" "$spool"
    as_owner sh -c 'echo recovered > "$1" && sync "$1"' sh "$new/howdah.recovered"
}

# $1: where the data of now go.
swap_data() {
    end_server
    if [ -e "$DATA" ]; then
        beside_data mv -T "$DATA" "$1"
        tell "the data before are in $1"
    fi
    as_owner rm -f "$new/howdah.recovered"
    beside_data mv -T "$new" "$DATA"
    sync "${DATA%/*}"
    as_owner rm -f "$STATE/good"   # the next deploy makes a full backup
    [ -n "$LOST" ] || start_server # a lost host has no unit yet
}

# A killed run has recovered, and has not swapped.
is_half_done() { [ ! -e "$DATA" ] && [ -e "$new/howdah.recovered" ]; }
