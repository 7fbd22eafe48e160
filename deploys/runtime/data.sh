# The data directory, whole or not at all: PG_VERSION is there long before it is filled.
cd /
[ ! -e "$DATA/PG_VERSION" ] || fail "$DATA has a PG_VERSION by now; run this again"
is_a_place() { # one that cannot be renamed to: a link, or a file system of its own
    [ -L "$DATA" ] || mountpoint -q "$DATA"
}
if [ ! -d "$DATA" ] || { [ -z "$(ls -A "$DATA")" ] && ! is_a_place; }; then
    # made beside it, so that its name comes last
    rm -rf "$DATA.new"
    make_data_folder "$DATA.new"
    fill "$DATA.new"
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
fill "$new"
as_owner find "$new" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$DATA" {} +
as_owner mv "$new/PG_VERSION" "$DATA"
as_owner rmdir "$new"
sync -f "$DATA"
