# How the server is started and stopped: by pg_ctl.
PG_CTL=$INSIDE_BINARIES/pg_ctl
# A wheel that is newer than the last deploy has not brought its own yet.
[ -x "$BINARIES/pg_ctl" ] ||
    PG_CTL=$(as_server sh -c 'ls -d "$0"/pgsql-*/bin/pg_ctl | tail -n 1' "${INSIDE_BINARIES%/*/*}")

control() { run_pg_ctl "$1"; }

# It hands -o to a shell of its own: hence the option's quotes.
run_pg_ctl() {
    as_server "$PG_CTL" -D "$INSIDE_DATA" -w -t 60 -s -l "$INSIDE_LOG/start.log" \
        -o "$SERVER_OPTIONS" -m fast "$1"
}

# It has no other log.
said_early() { :; }

# At each start, for there is no systemd to watch the folder.
prune_logs() { as_owner sh -c "$PRUNE_LOGS"; }
