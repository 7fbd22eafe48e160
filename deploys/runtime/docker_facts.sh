# What the host has of Docker. A part of the snapshot.
# The image that the inventory names, which may not be the installed one yet.
modules_of_image() {
    if has_binaries; then
        cat "$HOME_/modules"
    else
        find_modules "$IMAGE_NOW"
    fi
}

# What only a host is asked where the container is not as it is wanted: what else is on the engine.
facts_of_engine() {
    docker info -f '{{range .SecurityOptions}}{{println "security" .}}{{end}}' 2> /dev/null |
        sed "s/^security /security$TAB/"
    docker network ls -q | xargs -r docker network inspect -f \
        '{{$name := .Name}}{{range .IPAM.Config}}network {{$name}} {{.Subnet}} {{range $.Containers}}{{.Name}} {{end}}
{{end}}' 2> /dev/null | awk '/^network / { name = $2; subnet = $3; $1 = $2 = $3 = ""
            print "network\t" name "\t" subnet "\t" substr($0, 4) }'
    # of the image that the inventory names, where it is not the one that was installed
    [ -z "$IMAGE_NOW" ] || has_binaries ||
        docker run --rm --network none --read-only --cap-drop ALL --log-driver none \
            --entrypoint id "$IMAGE_NOW" -u postgres 2> /dev/null | sed "s/^/new_uid$TAB/"
}

# Of the container whose data are to be adopted, and of those: nothing that its user has written is
# told, but for numbers.
facts_of_adoption() {
    # shellcheck disable=SC2016 # of Go's templates
    of='state	{{.State.Status}}
image	{{.Config.Image}}
restart	{{.HostConfig.RestartPolicy.Name}}
{{range .Config.Env}}env	{{.}}
{{end}}{{range .Mounts}}mount	{{.Destination}}	{{.Source}}
{{end}}'
    told=$(docker inspect --type container -f "$of" "$ADOPT_CONTAINER" 2> /dev/null | awk -F "$TAB" '
        BEGIN { data = "/var/lib/postgresql/data" }
        $1 == "state" || $1 == "image" || $1 == "restart" { print "their_" $1 "\t" $2 }
        $1 == "env" && sub(/^POSTGRES_USER=/, "", $2) { print "their_superuser\t" $2 }
        $1 == "env" && sub(/^PGDATA=/, "", $2) { data = $2 }
        $1 == "mount" { source[$2] = $3 }
        END {
            for (each in source)
                if (index(data "/", each "/") == 1 && length(each) > length(mount)) mount = each
            if (mount) print "their_data\t" source[mount] substr(data, length(mount) + 1)
        }')
    [ -n "$told" ] || return 0
    printf '%s\n' "$told"
    theirs=$(printf '%s\n' "$told" | sed -n "s/^their_data$TAB//p")
    version=
    { read -r version < "$theirs/PG_VERSION"; } 2> /dev/null
    case "$version" in '' | *[!0-9]*) return 0 ;; esac
    echo "their_version$TAB$version"
    stat -c "their_uid$TAB%u" "$theirs/PG_VERSION"
    ! is_shut_down "$theirs" || echo "their_shut_down"
    ! { [ -L "$theirs/pg_wal" ] || [ -n "$(ls -A "$theirs/pg_tblspc")" ]; } || echo "their_links"
    du -sk "$theirs" | awk '{ print "their_size\t" $1 * 1024 }'
    above=$HOME_
    until [ -e "$above" ]; do above=${above%/*}; done
    df -Pk "${above:-/}" | awk 'NR == 2 { print "their_room\t" $4 * 1024 }'
}

facts() {
    echo "docker_uid$TAB$(id -u)"
    inspect
    # shellcheck disable=SC2034 # of find_server
    JUST_INSPECTED=yes
    [ -z "$IMAGE_NOW" ] || echo "image$TAB$IMAGE_NOW"
    if [ -e "$MARKER" ] && [ -n "$IMAGE_NOW" ]; then # the engine has answered
        echo "engine"
        echo "compose"
        printf 'image_uid\t%s\nimage_gid\t%s\n' "$IMAGE_UID" "$IMAGE_GID"
    else
        ! docker version > /dev/null 2>&1 || echo "engine"
        ! docker compose version > /dev/null 2>&1 || echo "compose"
    fi
    if [ -n "$IMAGE_NOW" ]; then
        there=" $(modules_of_image | tr '\n' ' ') "
        for file in $MODULES; do
            case "$there" in
                *" $file "*) ;;
                *) echo "lacking_module$TAB$file" ;;
            esac
        done
    fi
    { read -r adopted < "$HOME_/adopted"; } 2> /dev/null && echo "adopted$TAB$adopted"
    [ -z "$ADOPT_CONTAINER" ] || [ -e "$DATA/PG_VERSION" ] || facts_of_adoption
    if { read -r version < "$DATA/PG_VERSION"; } 2> /dev/null; then
        echo "data_version$TAB$version"
        stat -c "data_uid$TAB%u" "$DATA"
        # another version's server does not know all that is asked; it is rejected for that
        # shellcheck disable=SC2034 # of the snapshot
        [ "$version" = "$VERSION" ] || SERVER=
    fi
    if cd "$HOME_/secrets" 2> /dev/null; then # what containers of applications mount
        for file in */*; do
            [ -e "$file" ] || continue
            read -r sha256 _ << SUM
$(sha256sum "$file")
SUM
            stat -c "shared$TAB%n$TAB%u$TAB%a$TAB$sha256" "$file"
        done
        cd /
    fi
    [ -z "$ARCHIVED" ] || { [ -x /usr/bin/pgbackrest ] && [ -d "$ARCHIVED" ]; } ||
        echo "lacks_pgbackrest"
    find_server "$DATA" || :
    if [ -d /run/systemd/system ]; then
        # shellcheck disable=SC2086 # a list of paths
        { [ "$(cat $LOG_FILES 2> /dev/null)" = "$LOG_TEXTS" ] &&
            [ -L "/etc/systemd/system/multi-user.target.wants/$LOGS.path" ]; } ||
            echo "lacks_log_units"
    fi
    if [ "$SPEC" != "$WANTED_SPEC" ] || ! has_binaries; then
        facts_of_engine
    fi
    [ -z "$CONTAINER_STATE" ] || echo "container$TAB$CONTAINER_STATE"
    [ -z "$SPEC" ] || echo "spec$TAB$SPEC"
}
