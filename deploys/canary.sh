# Tries a release on a canary: a real server, on a folder of its own, that answers and goes again.
# It prints what it has read in pg_hba.conf as rows of JSON, or why it would not do.
# with_sql has what it is asked.
cd /
release=$INSIDE_ETC/$RELEASE
data=$CANARY/data
its_data=$INSIDE_CANARY/data

# What a server said before it gave up: the line that tells most.
refusal() {
    lines=$(printf '%s\n' "$1" | grep -v -e 'contains errors' -e 'starting PostgreSQL' \
        -e 'listening on' -e 'external PID file')
    line=$(printf '%s\n' "$lines" | grep -m 1 -e 'FATAL:' -e 'PANIC:') ||
        line=$(printf '%s\n' "$lines" | grep -m 1 .) || line='it ended without a word'
    printf '%s\n' "$line" | messages
}

# A canary that a killed run has left goes the same way.
sweep() {
    leave_canary
    if find_server "$data"; then
        pid=$SERVER_PID
        kill -QUIT "$pid"
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            [ -e "/proc/$pid" ] || break
            sleep 0.05
        done
        kill -KILL "$pid" 2> /dev/null
    fi
    [ -z "$SERVER_PORT" ] ||
        as_owner rm -f "$SOCKET/.s.PGSQL.$SERVER_PORT" "$SOCKET/.s.PGSQL.$SERVER_PORT.lock"
    rm -rf "$CANARY" "$PRISTINE.new"
}
sweep 2> /dev/null
trap 'sweep 2> /dev/null' EXIT
trap 'exit 1' HUP INT TERM
enter_canary

# A data directory is made once, and copied each time: a tenth of the time. Most hosts have it from
# the cluster's own initdb; not one that was adopted, or has newer binaries.
if [ ! -d "$PRISTINE" ]; then
    rm -rf "$CANARY"-*
    owned_folder "$PRISTINE.new"
    said=$(as_server env -i LC_ALL=C.UTF-8 "$INSIDE_BINARIES/initdb" \
        -D "$INSIDE_CANARY${PRISTINE#"$CANARY"}.new" -U postgres -N -A peer --no-instructions --locale=C.UTF-8 --encoding=UTF8 2>&1 > /dev/null) ||
        fail "initdb: $(refusal "$(printf '%s\n' "$said" | grep -e error: -e FATAL: -e PANIC:)")"
    rm -rf "$PRISTINE.new/base/1" "$PRISTINE.new/base/4" # as keep_pristine has it
    mv -T "$PRISTINE.new" "$PRISTINE"
fi
# not the server's: what root writes here is nobody else's to put a link in place of
install -d -m 0750 "$CANARY"
chown "$FILE_OWNER" "$CANARY"
said=$(cp -a "$PRISTINE" "$data" 2>&1) || fail "$said"

# The server's own parser first, in milliseconds. Not beside the host's data directory: what ALTER
# SYSTEM has left there is no fault of the release, and is taken out when it is loaded.
value_of() {
    as_server "$INSIDE_BINARIES/postgres" -D "$its_data" -C "$1" -c data_directory="$its_data" \
        -c config_file="$release/postgresql.conf"
}
said=$(value_of port 2>&1 > /dev/null) || fail "$(refusal "$said")"

# The files that are tried below must be those that it would load.
while read -r setting file; do
    said=$(value_of "$setting" 2> /dev/null)
    [ "$said" = "$INSIDE_CURRENT/$file" ] ||
        fail "$setting is '$said'; needs $INSIDE_CURRENT/$file"
done << 'FILES'
hba_file pg_hba.conf
ident_file pg_ident.conf
ssl_cert_file server.crt
ssl_key_file server.key
FILES

# Nobody but the superuser enters, whatever the candidate's pg_hba.conf says: it is only read.
printf 'local all postgres peer map=howdah\n' > "$CANARY/pg_hba.conf"
chmod 0644 "$CANARY/pg_hba.conf"

# Where memory is promised once only, the running server's is taken.
memory=
[ "$(cat /proc/sys/vm/overcommit_memory)" != 2 ] || memory=16MB

# Above the ports that the kernel gives to clients; another canary may have the same idea.
port=$((61000 + $$ % 4000))
for _ in 1 2 3 4 5; do
    inside_bound "$INSIDE_BINARIES/postgres" -D "$its_data" \
        -c config_file="$release/postgresql.conf" -c data_directory="$its_data" \
        -c hba_file="$INSIDE_CANARY/pg_hba.conf" -c ident_file="$release/pg_ident.conf" \
        -c ssl_cert_file="$release/server.crt" -c ssl_key_file="$release/server.key" \
        -c port="$port" -c unix_socket_directories="$INSIDE_SOCKET" -c external_pid_file= \
        -c logging_collector=off -c log_destination=stderr -c log_line_prefix= \
        -c log_min_messages=warning -c log_error_verbosity=terse \
        -c autovacuum=off -c archive_mode=off -c huge_pages=off -c fsync=off \
        ${memory:+-c "shared_buffers=$memory"} \
        < /dev/null > "$CANARY/log" 2>&1 &
    postmaster=$!
    tries=0
    until as_server "$INSIDE_BINARIES/pg_isready" -q -h "$INSIDE_SOCKET" -p "$port" 2> /dev/null; do
        kill -0 "$postmaster" 2> /dev/null || break
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "the canary does not answer"
        sleep 0.05
    done
    grep -q 'Address already in use' "$CANARY/log" || break
    kill -QUIT "$postmaster" 2> /dev/null
    wait "$postmaster"
    port=$((port + 1))
done
fault=$(grep -m 1 -e 'could not bind' -e 'invalid configuration parameter' "$CANARY/log")
[ -z "$fault" ] || fail "$(refusal "$fault")"
kill -0 "$postmaster" 2> /dev/null || fail "$(refusal "$(cat "$CANARY/log")")"

# Where pg_ident.conf is at fault, only the server's own log says so.
kept_out() {
    why=$(grep -m 1 'at end of line' "$CANARY/log") || why=$(cat "$CANARY/said")
    fail "nobody can log in: $(refusal "$why")"
}

# Now that nobody loads it any more, the candidate's file takes the place of the closed one.
cat "$ETC/$RELEASE/pg_hba.conf" > "$CANARY/pg_hba.conf"
# shellcheck disable=SC2034 # ask takes them
SERVER_SOCKET=$INSIDE_SOCKET SERVER_PORT=$port
with_sql ask 2> "$CANARY/said" || kept_out
