# psql as the superuser, over the socket. Nothing of the environment is passed on.
ask() {
    (inside_fed env -i LC_ALL=C.UTF-8 PGCLIENTENCODING=UTF8 PGOPTIONS="$SESSION" \
        "$INSIDE_BINARIES/psql" -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=terse -h "$SERVER_SOCKET" -p "$SERVER_PORT" \
        -U postgres -d postgres "$@" -f -)
}
