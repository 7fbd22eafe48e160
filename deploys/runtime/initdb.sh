# The data directory, whole or not at all: PG_VERSION is there long before initdb has finished.
@ASSIGNED@
cd /
make_in() {
    @OWNER@ "$BINARIES/initdb" -D "$1" -U postgres --data-checksums --locale=C.UTF-8 \
        --encoding=UTF8 --auth-local=peer --auth-host=reject
}
[ ! -e "$DATA/PG_VERSION" ] || { echo "$DATA has a PG_VERSION by now; run this again" >&2; exit 1; }
is_a_place() { # one that cannot be renamed to: a link, or a file system of its own
    [ -L "$DATA" ] || mountpoint -q "$DATA"
}
if [ ! -d "$DATA" ] || { [ -z "$(ls -A "$DATA")" ] && ! is_a_place; }; then
    # made beside it, so that its name comes last
    rm -rf "$DATA.new"
    @MAKER@ install -d -m 0700 @OWNED@ "$DATA.new"
    make_in "$DATA.new"
    @MAKER@ mv -T "$DATA.new" "$DATA"
    exit
fi
# Made within it, and its PG_VERSION comes last. As long as .howdah.new is there, all but what a new
# file system has is a killed run's.
if [ ! -L "$DATA" ] && mountpoint -q "$DATA"; then # which nobody but root can replace
    [ ! -d "$DATA/lost+found" ] || chown -h "$BECOMES:" "$DATA/lost+found" # a base backup reads it
    chown -h "$BECOMES:" "$DATA"
fi
@OWNER@ chmod 0700 "$DATA"
new=$DATA/.howdah.new
[ ! -e "$new" ] || @OWNER@ find "$DATA/." -mindepth 1 -maxdepth 1 ! -name .howdah.new @FRESH@ \
    -exec rm -rf {} +
@OWNER@ rm -rf "$new"
@OWNER@ install -d -m 0700 "$new"
make_in "$new"
@OWNER@ find "$new" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$DATA" {} +
@OWNER@ mv "$new/PG_VERSION" "$DATA"
@OWNER@ rmdir "$new"
sync -f "$DATA"
