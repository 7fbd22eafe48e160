# shellcheck disable=SC2154 # $new is of who asks
# A server on $new that nobody enters, with $WORK for all that it has.
restore_new() { backrest --pg1-path="$new" "$@" restore; }
start_new() {
    as_owner "$BINARIES/pg_ctl" -D "$new" -s -W -l "$WORK/log" \
        -o "-c config_file=$WORK/postgresql.conf" start
}
new_runs() { find_server "$new"; }
in_new() { as_owner env -i LC_ALL=C.UTF-8 "$@"; }
end_new() { as_owner "$BINARIES/pg_ctl" -D "$new" -s -m "$1" -t 600 stop; }
# What a killed run has left at work.
end_killed() { ! find_server "$new" || end_new immediate || :; }
# The server pushes by itself.
wait_for_archive() { :; }
# Before the data are renamed.
end_server() { ! find_server "$DATA" || stop_server; }
