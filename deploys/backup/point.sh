# The first release of a host that was lost, for pgBackRest to find its repository. Nothing is served
# by it yet.
umask 022
install -d -m 0755 /etc/pgbackrest /etc/pgbackrest/conf.d
flip "$LINK" "$TARGET"
flip "$ETC/current" "$RELEASE"
sync "$ETC" "${LINK%/*}"
