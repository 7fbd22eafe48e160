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
