# A container of Docker's. What its image has, the number of its user too, stands in $HOME_/image.
# shellcheck disable=SC2034 # of who asks
if [ -e "$HOME_/image" ]; then
    read -r IMAGE_ID IMAGE_UID IMAGE_GID INSIDE_BINARIES < "$HOME_/image"
    OS_OWNER=$IMAGE_UID FILE_OWNER=0:$IMAGE_GID PRISTINE=$CANARY-${IMAGE_ID#sha256:}
fi

# Only root gets past the home. A command as the server's OS user finds its folders in a mount
# namespace of its own, where a home that opens has taken the place of the closed one. $SEEN: where
# it finds the data too; empty: nowhere else.
SEEN=
become() {
    # shellcheck disable=SC2016 # of the inner shell
    exec unshare --mount sh -ec '
        cd "$0"
        mount -t tmpfs -o mode=0711 none "$0"
        for folder in canary data etc log run spool; do
            [ ! -d "$folder" ] || {
                mkdir "$0/$folder"
                mount --no-canonicalize --bind "./$folder" "$0/$folder"
            }
        done
        if [ -n "$SEEN" ]; then
            mount -t tmpfs -o mode=0755 none "${SEEN%/*}"
            mkdir "$SEEN"
            [ ! -d ./data/postgres ] || mount --no-canonicalize --bind ./data/postgres "$SEEN"
        fi
        cd /
        exec "$@"' "$HOME_" setpriv --reuid="$IMAGE_UID" --regid="$IMAGE_GID" --clear-groups "$@"
}

# pgBackRest is the host's, and compares the path of the data with what the server reports. The
# package's own configuration is another user's.
become_pgbackrest() {
    export SEEN="$INSIDE_DATA" PGBACKREST_CONFIG="$CURRENT/pgbackrest"
    become "$@"
}
pgbackrest() { (become_pgbackrest pgbackrest "$@"); }
beside_data() { "$@"; }

inside() { exec docker exec "$CONTAINER" "$@"; }
inside_fed() { exec docker exec -i "$CONTAINER" "$@"; }

owned_folder() { install -d -m 0700 -o "$IMAGE_UID" -g "$IMAGE_GID" "$1"; }
# The data directory's folder is the deploy's own.
make_data_folder() { owned_folder "$1"; }
name_data_folder() { mv -T "$1" "$DATA"; }

# Whether the server of a data directory has ended in order: pg_control's state is DB_SHUTDOWNED.
is_shut_down() { [ "$(od -A n -t u4 -j 16 -N 4 "$1/global/pg_control" | tr -d ' ')" = 1 ]; }

# A container that lasts as long as its command, and has nothing but what it is given.
docker_alone() {
    docker run --rm --network none --user "$IMAGE_UID:$IMAGE_GID" --read-only --cap-drop ALL \
        --security-opt no-new-privileges --log-driver none --tmpfs /tmp "$@"
}
# The files of libraries and extensions in an image, by their names.
find_modules() {
    docker run --rm --network none --read-only --cap-drop ALL --log-driver none --entrypoint find "$1" \
        /usr \( -path '*postgresql*/*.so' -o -path '*/extension/*.control' \) | sed 's,.*/,,'
}
# initdb needs no entrypoint, which would make a database of its own.
as_maker() {
    folder=$1 its=$2 program=$3
    shift 3
    docker_alone --tmpfs "${its%/*}" -v "$folder:$its" --entrypoint "$program" "$IMAGE_ID" "$@"
}
enter_canary() {
    CONTAINER=$CONTAINER-canary
    docker_alone -d --name "$CONTAINER" --tmpfs "$INSIDE_SOCKET:mode=1777" -v "$ETC:$INSIDE_ETC:ro" \
        -v "${CANARY%/*}:${INSIDE_CANARY%/*}" --entrypoint sleep "$IMAGE_ID" 600 > /dev/null
}
leave_canary() { docker rm -fv "${CONTAINER%-canary}-canary" > /dev/null 2>&1 || :; }
# It ends with its container.
inside_bound() { inside env -i LC_ALL=C.UTF-8 "$@"; }

has_binaries() { [ -n "$IMAGE_NOW" ] && [ "$IMAGE_NOW" = "$IMAGE_ID" ]; }
is_outdated() { [ "$IMAGE_RUNNING" != "$IMAGE_NOW" ]; }
take_its_programs() { :; }

# What the engine has of the container and of the image that the inventory names: one question.
inspect() {
    IMAGE_NOW='' CONTAINER_PID='' CONTAINER_FOUND=''
    of='{{with index . "State"}}container {{.Pid}} {{.Status}}{{with index . "Health"}}({{.Status}}){{end}} {{$.Image}} {{or (index $.Config.Labels "howdah.spec") "-"}} {{with index $.NetworkSettings.Ports "5432/tcp"}}{{(index . 0).HostPort}}{{end}}{{else}}image {{.Id}}{{end}}'
    while read -r kind first others; do
        case "$kind" in
            container) CONTAINER_PID=$first CONTAINER_FOUND=$others ;;
            image) IMAGE_NOW=$first ;;
        esac
    done << INSPECTED
$(docker inspect -f "$of" "$CONTAINER" "$IMAGE" 2> /dev/null)
INSPECTED
}

# The pid that postmaster.pid has is the container's own.
JUST_INSPECTED=
find_server() {
    [ -e "$1/postmaster.pid" ] || return 1
    read_pid_file "$1" || :
    [ -n "$JUST_INSPECTED" ] || inspect
    SERVER_PID=$CONTAINER_PID
    read -r CONTAINER_STATE IMAGE_RUNNING SPEC PUBLISHED << FOUND
$CONTAINER_FOUND
FOUND
    [ "/proc/$SERVER_PID/cwd" -ef "$1" ]
}

# Numbers of another system's users: as the image names them.
OWNERS=%u:%g
owners_of_files() { sed "s/${TAB}0:$IMAGE_GID\$/${TAB}root:postgres/"; }
