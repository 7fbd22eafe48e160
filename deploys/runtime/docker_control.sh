# How the server is started and stopped: by Docker Compose, as the release in force has it.
compose() { docker compose --progress quiet -f "$HOME_/compose.yaml" "$@"; }
SAID=
control() {
    case "$1" in
        stop) compose stop && return ;;
        restart) again=--force-recreate ;;
        *) again= ;;
    esac
    install -m 0644 "$CURRENT/compose.yaml" "$HOME_/compose.yaml.new"
    mv -T "$HOME_/compose.yaml.new" "$HOME_/compose.yaml"
    # shellcheck disable=SC2086 # one word, or none
    SAID=$(compose up -d $again 2>&1) || return 1
    SAID=
    turn=0
    until as_server "$INSIDE_BINARIES/pg_isready" -q -h "$INSIDE_SOCKET" -p 5432; do
        [ "$(docker inspect -f '{{.RestartCount}} {{.State.Running}}' "$CONTAINER")" = "0 true" ] &&
            [ $((turn += 1)) -le 300 ] || return 1
        sleep 0.2
    done
}

run_pg_ctl() { docker kill -s HUP "$CONTAINER" > /dev/null; }

# Compose's words, and the server's from before its own log is open.
said_early() {
    [ -z "$SAID" ] || printf 'FATAL: could not start the container: %s\n' "${SAID##*daemon: }"
    docker logs --tail 50 "$CONTAINER" 2>&1
}

# At each start, for there is no systemd to watch the folder.
prune_logs() { as_owner sh -c "$PRUNE_LOGS"; }
