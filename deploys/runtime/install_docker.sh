# The image, what is known of it, and the folders. The marker comes last: without it nothing counts
# as installed.
umask 022
id=$(docker image inspect -f '{{.Id}}' "$IMAGE" 2> /dev/null) || {
    echo "docker pull $IMAGE …" >&3
    said=$(docker pull -q "$IMAGE" 2>&1) || fail "docker pull $IMAGE: ${said##*: }"
    id=$(docker image inspect -f '{{.Id}}' "$IMAGE")
}
# shellcheck disable=SC2016 # of the image's shell
ask='echo "$(id -u postgres) $(id -g postgres) $(dirname "$(command -v postgres)") ${PG_MAJOR:-?}"'
told=$(docker run --rm --network none --read-only --cap-drop ALL --log-driver none \
    --entrypoint sh "$id" -c "$ask") || fail "$IMAGE is no image of PostgreSQL"
read -r IMAGE_UID IMAGE_GID binaries major << TOLD
$told
TOLD
[ "$major" = "$VERSION" ] || fail "$IMAGE has PostgreSQL $major; needs version = $major"
[ ! -e "$DATA" ] || [ "$(stat -c %u "$DATA")" = "$IMAGE_UID" ] ||
    fail "$DATA belongs to uid $(stat -c %u "$DATA"), and postgres of $IMAGE is uid $IMAGE_UID: the data are of another image, with other collations; set that image, or go over by dump and restore"
install -d -m 0755 "${HOME_%/*}"
install -d -m 0700 "$HOME_"
install -d -m 0755 "$HOME_/data" "$HOME_/canary"
install -d -m 0750 -g "$IMAGE_GID" "$ETC"
owned_folder "$LOG"
owned_folder "$SOCKET"
if [ -n "$ARCHIVED" ]; then # before the container, which mounts it
    [ -x /usr/bin/pgbackrest ] || install_packages "$PACKAGES"
    owned_folder "${ARCHIVED%/*}"
    owned_folder "$ARCHIVED"
fi
put() {
    printf '%s\n' "$2" > "$1.new"
    sync "$1.new"
    mv -T "$1.new" "$1"
}
put "$HOME_/modules" "$(find_modules "$id")"
put "$HOME_/image" "$id $IMAGE_UID $IMAGE_GID $binaries"
if [ -d /run/systemd/system ]; then # the log is bounded at each start, too
    put "$HOME_/prune_logs.sh" "$PRUNE_LOGS"
    put "/etc/systemd/system/$LOGS.service" "$LOGS_SERVICE"
    put "/etc/systemd/system/$LOGS.path" "$LOGS_PATH"
    systemctl daemon-reload
    systemctl -q enable "$LOGS.path"
    systemctl restart "$LOGS.path"
fi
put "$MARKER" "$WHOSE"
sync "$HOME_" # a certificate is made after it: it tells a first deploy from a lost host
