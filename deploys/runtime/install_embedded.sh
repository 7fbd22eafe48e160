# The folders, and the binaries: hard links of 42 MB that cost nothing, and that outlive the
# virtual environment. The marker `checkout` comes last: without it nothing counts as installed.
umask 022
if [ -n "$NEW_USER" ]; then
    # another environment's first deploy may do the same at the same time
    useradd --system --user-group --no-create-home --home-dir "$USER_HOME" \
        --shell /usr/sbin/nologin "$NEW_USER" || id "$NEW_USER" > /dev/null
fi
[ -d "$HOME_" ] || mkdir "$HOME_"
chmod "$HOME_MODE" "$HOME_"
owned_folder "$HOME_/log"
install -d -m 0750 ${SYSTEM_USER:+-g "$SYSTEM_USER"} "$HOME_/etc"
owned_folder "$SOCKET"
chmod 0700 "$SOCKET"
if [ ! -e "$INSTALLED" ]; then
    rm -rf "$INSTALLED.new"
    cp -al "$WHEEL" "$INSTALLED.new" 2> /dev/null || {
        rm -rf "$INSTALLED.new" # another file system
        cp -a "$WHEEL" "$INSTALLED.new"
    }
    chmod -R go+rX "$INSTALLED.new"
    mv -T "$INSTALLED.new" "$INSTALLED"
fi
printf '%s\n' "$WHOSE" > "$MARKER.new"
sync "$MARKER.new"
mv -T "$MARKER.new" "$MARKER"
sync "$HOME_" # a certificate is made after it: it tells a first deploy from a lost host
