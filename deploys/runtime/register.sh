# Makes the data directory a cluster of Debian's, whose files are links to those in force.
@ASSIGNED@
cd /
if [ ! -e "$ETC/environment" ]; then # the last file that pg_createcluster makes
    rm -rf "$ETC"
    for file in postgresql.conf pg_hba.conf pg_ident.conf; do
        @OWNER@ touch "$DATA/$file" # it moves them, and wants them there
    done
    env -i PATH="$PATH" LC_ALL=C.UTF-8 pg_createcluster -d "$DATA" -p "$PORT" "$VERSION" "$NAME"
fi
@OWNER@ sh -c 'echo auto > "$1"' sh "$ETC/start.conf" # the folder is not root's
for file in postgresql.conf pg_hba.conf pg_ident.conf release.conf; do
    # a younger link is one that the server may have read something else in place of
    [ "$(readlink "$ETC/$file")" != "$CURRENT/$file" ] || continue
    @OWNER@ ln -sfn "$CURRENT/$file" "$ETC/.$file"
    @OWNER@ mv -fT "$ETC/.$file" "$ETC/$file"
done
# tried first: what a host that is a container itself cannot have would keep the server down
if [ -n "$SANDBOX" ]; then
    unit=howdah-sandbox-$VERSION-$NAME.service
    printf '[Service]\nType=oneshot\nUser=postgres\nExecStart=/bin/true\n%s\n' "$SANDBOX" \
        > "/run/systemd/system/$unit"
    systemctl daemon-reload
    said=$(systemctl start "$unit" 2>&1) && why= || {
        why=$(journalctl -q -o cat -n 9 -u "$unit" | grep -m 1 Failed) || why=$said
        systemctl reset-failed "$unit"
    }
    rm "/run/systemd/system/$unit"
    [ -z "$why" ] || {
        systemctl daemon-reload
        echo "systemd cannot sandbox a unit on this host ($why); set sandbox = False" >&2
        exit 1
    }
fi
put() {
    printf '%s\n' "$2" > "$1.new"
    chmod 0644 "$1.new"
    mv -fT "$1.new" "$1"
}
install -d "${DROP_IN%/*}"
put "$DROP_IN" "$CONF"
@WRITES@
systemctl daemon-reload
systemctl enable @UNIT@ @LOGS@.path
systemctl restart @LOGS@.path
sync "$ETC"
