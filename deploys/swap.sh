# Puts a release in force, by one flip of a link, loads it and reads back what the server says.
# Where that is not as it must be, the last good release is in force again, and this fails.
# with_faults has the question for what the server does not accept.
ask_server() {
    cd /
    find_server "$DATA" && ask
}

# A reload that fails in its TLS part keeps the old one, and only the log tells. The folder is the
# server's, whose user may have put links there: it is read as that user.
kept_tls() {
    ls -t "$LOG"/*.log 2> /dev/null | head -n 2 | tr '\n' '\0' |
        become xargs -0 tail -q -n 200 |
        awk -v since="$began" '$0 >= since && /SSL configuration was not reloaded/ { found = 1 }
            $0 >= since && /could not|no SSL|private key/ { why = $0 }
            END { if (found) print why != "" ? why : "TLS was not reloaded" }' |
        messages
}

# A reload is a signal: only the release's marker tells when it has been followed.
loaded() {
    tries=0
    until [ "$(echo 'SHOW howdah.release' | ask_server 2> /dev/null)" = "$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || {
            echo "the server keeps its old configuration; see $LOG"
            return 1
        }
        sleep 0.05
    done
    faults=$(with_faults ask_server) && [ -z "$faults" ] || {
        printf '%s\n' "$faults" | sed -n '1 { s/^\["fault", "//; s/"]$//; s/\\"/"/g; p; }'
        return 1
    }
    tls=$(kept_tls)
    [ -z "$tls" ] || { echo "$tls" && return 1; }
}

put() {
    began=$(date -u '+%Y-%m-%d %H:%M:%S.%3N')
    { flip "$ETC/current" "$1" && sync "$ETC" && "${VERB}_server" && loaded "$1"; } 2>&1
}

why=$(put "$RELEASE") && exit 0
[ "$VERB" = reload ] || VERB=restart
[ -n "$PREVIOUS" ] || fail "$why"
again=$(put "$PREVIOUS") && fail "$why; $PREVIOUS is back in force"
[ "$again" != "$why" ] || fail "$why; with $PREVIOUS too"
fail "$why; and $PREVIOUS could not be loaded again: $again"
