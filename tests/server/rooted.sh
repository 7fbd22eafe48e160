# A command in a mount namespace of its own, whose /mnt is the home.
inside() {
    # shellcheck disable=SC2016 # of the inner shell
    exec unshare --mount sh -c 'mount --bind "$0" /mnt && mount -t tmpfs none "${0%/*}" && exec "$@"' \
        "$HOME_" setpriv --reuid="$SYSTEM_USER" --regid="$SYSTEM_USER" --init-groups "$@"
}
