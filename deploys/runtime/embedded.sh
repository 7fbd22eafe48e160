# The wheel: the server's OS user is who deploys; where that is root, it is $SYSTEM_USER.
become() {
    if [ -z "$SYSTEM_USER" ]; then
        exec "$@"
    fi
    exec setpriv --reuid="$SYSTEM_USER" --regid="$SYSTEM_USER" --init-groups "$@"
}

owned_folder() {
    install -d -m 0700 ${SYSTEM_USER:+-o "$SYSTEM_USER" -g "$SYSTEM_USER"} "$1"
}

# The data directory's folder is the deploy's own.
make_data_folder() { owned_folder "$1"; }
name_data_folder() { mv -T "$1" "$DATA"; }
