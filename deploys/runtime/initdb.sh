# The data directory, whole or not at all: PG_VERSION is there long before initdb has finished.
cd /
make_in() {
    its=$INSIDE_DATA${1#"$DATA"}
    as_maker "$1" "$its" "$INSIDE_BINARIES/initdb" -D "$its" -U postgres \
        --data-checksums --locale=C.UTF-8 --encoding=UTF8 --auth-local=peer --auth-host=reject
}
# A canary begins with it, and copies it each time: with a third of the files.
keep_pristine() {
    rm -rf "$CANARY"-*
    owned_folder "$PRISTINE.new"
    as_owner find "$1" -mindepth 1 -maxdepth 1 ! -name base -exec cp -a -t "$PRISTINE.new" {} +
    as_owner install -d -m 0700 "$PRISTINE.new/base"
    # database postgres; nobody connects to the canary's template1 and template0
    as_owner cp -a "$1/base/5" "$PRISTINE.new/base"
    mv -T "$PRISTINE.new" "$PRISTINE"
}
[ ! -e "$DATA/PG_VERSION" ] || fail "$DATA has a PG_VERSION by now; run this again"
is_a_place() { # one that cannot be renamed to: a link, or a file system of its own
    [ -L "$DATA" ] || mountpoint -q "$DATA"
}
if [ ! -d "$DATA" ] || { [ -z "$(ls -A "$DATA")" ] && ! is_a_place; }; then
    # made beside it, so that its name comes last
    rm -rf "$DATA.new"
    make_data_folder "$DATA.new"
    make_in "$DATA.new"
    keep_pristine "$DATA.new"
    name_data_folder "$DATA.new"
    exit
fi
# Made within it, and its PG_VERSION comes last. As long as .howdah.new is there, all but what a new
# file system has is a killed run's.
if [ ! -L "$DATA" ] && mountpoint -q "$DATA"; then
    # which nobody but root can replace; a base backup reads lost+found
    [ ! -d "$DATA/lost+found" ] || chown -h "$OS_OWNER:" "$DATA/lost+found"
    chown -h "$OS_OWNER:" "$DATA"
fi
as_owner chmod 0700 "$DATA"
new=$DATA/.howdah.new
# shellcheck disable=SC2086 # words of find's
[ ! -e "$new" ] || as_owner find "$DATA/." -mindepth 1 -maxdepth 1 ! -name .howdah.new $WRITTEN \
    -exec rm -rf {} +
as_owner rm -rf "$new"
as_owner install -d -m 0700 "$new"
make_in "$new"
keep_pristine "$new"
as_owner find "$new" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$DATA" {} +
as_owner mv "$new/PG_VERSION" "$DATA"
as_owner rmdir "$new"
sync -f "$DATA"
