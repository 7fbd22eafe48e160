# All that a running server is asked, by its own OS user and where its own paths hold: one way in.
# $1: its programs; $2, $3: its socket; $4: 1 where its files are there. with_sql and with_more
# have the questions.
INSIDE_BINARIES=$1 SERVER_SOCKET=$2 SERVER_PORT=$3 files=$4
# shellcheck disable=SC2329 # ask does
inside_fed() { exec "$@"; }
# one that starts, or recovers from a crash, answers soon: 60 s
turn=0
until "$INSIDE_BINARIES/pg_isready" -q -h "$SERVER_SOCKET" -p "$SERVER_PORT"; do
    [ $? -eq 1 ] && [ $((turn += 1)) -le 300 ] || break
    sleep 0.2
done
# two sessions side by side: half the time where there are many databases
exec 3>&1
more=$(
    with_more ask -v files="$files" &
    done=0
    with_sql ask -v files="$files" >&3 || done=$?
    wait $! && exit $done
)
done=$?
printf '%s\n' "$more"
exit $done
