# What the host has of Docker. A part of the snapshot.
facts() {
    echo "docker_uid$TAB$(id -u)"
    IMAGE_NOW=$(docker image inspect -f '{{.Id}}' "$IMAGE" 2> /dev/null)
    [ -z "$IMAGE_NOW" ] || echo "image$TAB$IMAGE_NOW"
    if [ -e "$MARKER" ] && [ -n "$IMAGE_NOW" ]; then # the engine has answered
        echo "engine${TAB}answers"
        echo "compose"
        printf 'image_uid\t%s\nimage_gid\t%s\n' "$IMAGE_UID" "$IMAGE_GID"
    else
        echo "engine$TAB$(docker version -f '{{.Server.Version}}' 2> /dev/null)"
        ! docker compose version > /dev/null 2>&1 || echo "compose"
    fi
    if { read -r version < "$DATA/PG_VERSION"; } 2> /dev/null; then
        echo "data_version$TAB$version"
        stat -c "data_uid$TAB%u" "$DATA"
        # another version's server does not know all that is asked; it is rejected for that
        # shellcheck disable=SC2034 # of the snapshot
        [ "$version" = "$VERSION" ] || SERVER=
    fi
    find_server "$DATA"
    [ -z "$SPEC" ] || echo "spec$TAB$SPEC"
}
