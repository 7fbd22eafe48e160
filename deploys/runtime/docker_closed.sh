# shellcheck disable=SC2154 # $new is of who asks
# A server on $new that nobody enters, in a container of its own with $WORK for all that it has.
CLOSED=$CONTAINER-$CLOSED
restore_new() {
    owned_folder "$new"
    backrest --pg1-path="$new" --recovery-option="restore_command=$FETCH" "$@" restore
}
# The container has no network, and its image no pgBackRest: it asks for each file by one pipe, and
# waits at another. Whose folder that is, reads it: the server's OS user.
start_new() {
    as_owner mkfifo -m 0600 "$WORK/ask" "$WORK/answer"
    # shellcheck disable=SC2016 # of the inner shell
    become_pgbackrest setpriv --pdeathsig KILL sh -c 'while read -r file path < "$1/ask"; do
            pgbackrest --stanza="$2" ${4:+--repo="$4"} --pg1-path="$3" --no-archive-async \
                --lock-path="$1/lock" archive-get "$file" "$3/$path" > /dev/null 2>&1
            echo $? > "$1/answer"
        done' sh "$WORK" "$STANZA" "$new" "$REPO" &
    FETCHING=$!
    its=$INSIDE_DATA${new#"$DATA"} # said, for an image's own PGDATA may be another one
    # shellcheck disable=SC2016 # of the image's shell
    docker_alone -d --name "$CLOSED" --tmpfs "${INSIDE_DATA%/*}" --tmpfs "$INSIDE_SOCKET" \
        -v "$new:$its" -v "$WORK:$INSIDE_WORK" -v "$ETC:$INSIDE_ETC:ro" \
        --entrypoint sh "$IMAGE_ID" \
        -c 'exec postgres -D "$1" -c config_file="$0/postgresql.conf" > "$0/log" 2>&1' \
        "$INSIDE_WORK" "$its" > /dev/null
}
new_runs() {
    kill -0 "$FETCHING" 2> /dev/null &&
        [ "$(docker inspect -f '{{.State.Running}}' "$CLOSED" 2> /dev/null)" = true ]
}
in_new() { docker exec -i "$CLOSED" env -i LC_ALL=C.UTF-8 "$@"; }
end_new() {
    docker stop -t 600 "$CLOSED" > /dev/null
    kill "$FETCHING"
}
# What a killed run has left at work.
end_killed() { docker rm -f "$CLOSED" > /dev/null 2>&1 || :; }
# What the server has archived and nobody pushed is lost to who does not wait for it.
wait_for_archive() {
    turn=0
    until [ -z "$(ls "$ARCHIVED")" ]; do
        [ $((turn += 1)) -le 60 ] || "$1" "$ARCHIVED has what the repository lacks, and it is not pushed: $(
            as_owner head -n 1 "$STATE/stuck" 2> /dev/null | cut -d ' ' -f 3-
        )"
        sleep 0.5
    done
}
# Before the data are renamed: a container whose data are gone still has them.
end_server() { [ ! -e "$HOME_/compose.yaml" ] || stop_server; }
