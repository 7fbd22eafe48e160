# The distribution's packages: the server's OS user is postgres, whose folders are not root's.
become() { exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }

owned_folder() { install -d -m 0700 -o postgres -g postgres "$1"; }

# Where the data directory's folder is the server's, it may have put links there.
make_data_folder() {
    if as_owner test -w "${1%/*}"; then
        as_owner install -d -m 0700 "$1"
    else
        owned_folder "$1"
    fi
}
name_data_folder() {
    if as_owner test -w "${DATA%/*}"; then
        as_owner mv -T "$1" "$DATA"
    else
        mv -T "$1" "$DATA"
    fi
}
