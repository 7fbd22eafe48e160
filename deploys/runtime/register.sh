# Makes the data directory a cluster of Debian's, whose files are links to those in force.
cd /
if [ ! -e "$DEBIAN/environment" ]; then # the last file that pg_createcluster makes
    rm -rf "$DEBIAN"
    for file in postgresql.conf pg_hba.conf pg_ident.conf; do
        as_owner touch "$DATA/$file" # it moves them, and wants them there
    done
    env -i PATH="$PATH" LC_ALL=C.UTF-8 \
        pg_createcluster -d "$DATA" -p "$PORT" "$VERSION" "$CLUSTER_NAME"
fi
as_owner sh -c 'echo auto > "$1"' sh "$DEBIAN/start.conf" # the folder is not root's
for file in postgresql.conf pg_hba.conf pg_ident.conf release.conf; do
    # a younger link is one that the server may have read something else in place of
    [ "$(readlink "$DEBIAN/$file")" != "$CURRENT/$file" ] || continue
    flip "$DEBIAN/$file" "$CURRENT/$file" as_owner
done
# tried first: what a host that is a container itself cannot have would keep the server down
if [ -n "$SANDBOX" ]; then
    unit=howdah-sandbox-$VERSION-$CLUSTER_NAME.service
    printf '[Service]\nType=oneshot\nUser=postgres\nExecStart=/bin/true\n%s\n' "$SANDBOX" \
        > "/run/systemd/system/$unit"
    systemctl daemon-reload
    why=
    said=$(systemctl start "$unit" 2>&1) || {
        journalctl --sync # it may have more than it has written
        why=$(journalctl -q -o cat -n 9 -u "$unit" | grep -m 1 Failed) || why=$said
        systemctl reset-failed "$unit"
    }
    rm "/run/systemd/system/$unit"
    [ -z "$why" ] || {
        systemctl daemon-reload
        fail "systemd cannot sandbox a unit on this host ($why); set sandbox = False"
    }
fi
put() {
    printf '%s\n' "$2" > "$1.new"
    chmod 0644 "$1.new"
    mv -fT "$1.new" "$1"
}
install -d "${DROP_IN%/*}"
put "$DROP_IN" "$CONF"
put "$HOME_/prune_logs.sh" "$PRUNE_LOGS"
put "/etc/systemd/system/$LOGS.service" "$LOGS_SERVICE"
put "/etc/systemd/system/$LOGS.path" "$LOGS_PATH"
systemctl daemon-reload
systemctl -q enable "$UNIT" "$LOGS.path"
systemctl restart "$LOGS.path"
sync "$DEBIAN"
