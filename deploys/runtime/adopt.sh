# Fills a new data directory: with a copy of a stopped container's, in which nothing changes.
WAS_STARTED="$ADOPT_CONTAINER was started meanwhile: stop it, and run this again"
their_start() {
    docker inspect --type container -f '{{.State.StartedAt}}' "$ADOPT_CONTAINER"
}
copy_theirs() {
    before=$(their_start)
    cp -a --reflink=auto "$THEIRS/." "$copy"
    # it, or another container that has the same mount
    { [ "$(their_start)" = "$before" ] && is_shut_down "$THEIRS"; } || fail "$WAS_STARTED"
    rm -f "$copy/postmaster.pid" "$copy/postmaster.opts"
    chown -hR "$IMAGE_UID:$IMAGE_GID" "$copy"
    chmod 0700 "$copy"
}
# PostgreSQL's programs on the copy, without the configuration that came with it.
in_copy() {
    program=$1
    shift
    docker_alone -i --tmpfs "${INSIDE_DATA%/*}" -v "$copy:$INSIDE_DATA" \
        --entrypoint "$INSIDE_BINARIES/$program" "$IMAGE_ID" "$@"
}
# What ALTER SYSTEM has left would be read: nothing of it may keep this from starting.
postgres_in_copy() {
    mode=$1
    shift
    in_copy postgres "$mode" "$@" -D "$INSIDE_DATA" -c config_file=/dev/null \
        -c shared_preload_libraries= -c session_preload_libraries= -c local_preload_libraries= \
        -c shared_buffers=16MB -c huge_pages=off -c log_min_messages=fatal
}
enable_checksums() {
    said=$(postgres_in_copy -C data_checksums 2>&1 < /dev/null) ||
        fail "$(printf '%s\n' "$said" | messages)"
    case "$said" in
        *on) ;;
        *) in_copy pg_checksums --enable -D "$INSIDE_DATA" > /dev/null ;;
    esac
}
# Every compose project has given its superuser one, which stands in its environment.
take_out_password() {
    said=$(echo 'ALTER ROLE postgres PASSWORD NULL' |
        postgres_in_copy --single -c exit_on_error=on template1 2>&1) ||
        fail "$(printf '%s\n' "$said" | grep -m 1 FATAL: | messages)"
}
fill() {
    copy=$1
    # before the data have their name: whose they are is known with them
    printf '%s\n' "$ADOPT_CONTAINER" > "$HOME_/adopted"
    sync "$HOME_/adopted"
    copy_theirs
    enable_checksums
    take_out_password
    sync -f "$copy"
}
