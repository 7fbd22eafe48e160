# What a host has: tab-separated lines, and rows of JSON from psql. facts is the runtime's;
# with_sessions has what asks the server.
cd /
echo "clock$TAB$(date +%s.%N)"
# who listens on the wanted port, from the kernel: ss may not be installed
awk -v port="$PORT_HEX" '{ split($2, local, ":") }
    $4 == "0A" && local[2] == port { print "listener\t" local[1] }' \
    /proc/net/tcp /proc/net/tcp6 2> /dev/null
# what sizing shares out: RAM or the control group's part of it, cores, the data's file system
while read -r name kilobytes _; do [ "$name" != MemTotal: ] || break; done < /proc/meminfo
echo "memory$TAB$((kilobytes * 1024))"
read -r limit 2> /dev/null < /sys/fs/cgroup/memory.max
case "$limit" in *[0-9]) echo "memory$TAB$limit" ;; esac
echo "cores$TAB$(nproc)"
place=$DATA
until [ -e "$place" ]; do
    place=${place%/*}
    place=${place:-/}
done
product=$(stat -f -c '%b * %S' "$place")
# shellcheck disable=SC2004 # it is no number yet
echo "disk$TAB$(($product))"
if [ -n "$DATA_DIRECTORY" ]; then # one that the inventory names: whether a server may live there
    echo "place$TAB$(stat -f -c %T "$place")"
    [ ! -w "$place" ] || echo "writable"
    above=$DATA
    while [ -n "$above" ]; do
        stat -c "above$TAB%a$TAB%U$TAB%G$TAB%n" "$above" 2> /dev/null
        above=${above%/*}
    done
fi
if [ -s "$LOCK_FILE" ] && read -r owner < "$LOCK_FILE"; then
    echo "lock$TAB$owner"
    exec 8< "$LOCK_FILE"
    flock -n -s 8 || echo "locked"
    exec 8<&-
fi
! command -v sudo > /dev/null || echo "sudo"
# a new file system that is mounted for the data, or what a killed run has made in it
FRESH=
if [ -d "$DATA" ] && [ ! -e "$DATA/PG_VERSION" ]; then
    # shellcheck disable=SC2086 # words of find's
    strangers=$(find "$DATA/." -mindepth 1 -maxdepth 1 $WRITTEN -print -quit 2> /dev/null)
    if [ -z "$strangers" ] || [ -e "$DATA/.howdah.new" ]; then
        # shellcheck disable=SC2034 # the runtime's facts look at it
        FRESH=yes
        echo "fresh"
    else
        echo "strangers"
    fi
fi
# the markers of other runtimes: whether the environment lives here already
for other in $OTHER_MARKERS; do
    { read -r name < "$other"; } 2> /dev/null && [ "$name" = "$ENVIRONMENT" ] &&
        echo "elsewhere$TAB${other%/*}"
done
facts
# what components ask of the host, each line of the answer under the probe's name
for probe in $PROBES; do
    "with_probe_$probe" env HOWDAH_HOME="$HOME_" sh | while IFS= read -r line; do
        printf 'probe\t%s\t%s\n' "$probe" "$line"
    done
done
has_binaries && echo "binaries"
[ -d "$HOME_" ] || [ -n "$ADOPTED" ] || exit 0
# what a killed run has left at work ends first
[ ! -e "$LOCK" ] || { exec 9< "$LOCK" && flock -s -w 60 9; } ||
    fail "another deploy is at work on this host"
whose=
for folder in "$HOME_"/*/; do # an ordinary user's home has the records of runs, too: files
    [ -d "$folder" ] && echo "home" && break
done
[ -e "$MARKER" ] && read -r whose < "$MARKER" && echo "whose$TAB$whose"
[ -z "$whose" ] || [ "$whose" = "$WHOSE" ] || exit 0
[ -e "$DATA/PG_VERSION" ] && echo "data"
for folder in "$ETC" "$SOCKET"; do
    [ -d "$folder" ] && echo "folder"
done
# those of a cluster that is taken over lie in a folder of the server's OS user: read as he may
files=0 place=$CURRENT as=
[ -d "$CURRENT/" ] || place=$ADOPTED as=as_owner
if [ -n "$place" ] && cd "$place/" 2> /dev/null; then
    [ -e pg_hba.conf ] && [ -e postgresql.conf ] && files=1
    cd /
fi
tell_folders() {
    { # what is logged is not for all
        find "$LOG" -maxdepth 0 -perm 700 -printf 'folder\n'
        find "$ETC/current" "$ETC/good" "$ETC/last" -maxdepth 0 -type l -printf '%f\t%l\n'
    } 2> /dev/null
    [ -z "$place" ] || { cd "$place/" 2> /dev/null && tell_files $as; }
    cd /
    # the room that is left, also where pg_wal is on a disk of its own
    stat -f -c "room$TAB%n$TAB%a$TAB%S$TAB%b$TAB%d$TAB%c" "$DATA" "$DATA/pg_wal/." "$LOG" \
        2> /dev/null
}
# what a server that is down would read of ALTER SYSTEM's; a running one is asked
is_down() {
    # as the server's OS user, whose folder it is: what he links to is what he may read
    become awk '!/^[ \t]*(#|$)/ { print "auto\t" $0 }' "$DATA/postgresql.auto.conf" 2> /dev/null |
        LC_ALL=C tr '\200-\377' '?'
    exit 0
}
find_server "$DATA" || {
    tell_folders
    is_down
}
echo "pid$TAB$SERVER_PID"
! is_outdated || echo "outdated"
take_its_programs
# not by echo, which would make a line end of a \n in the file
printf 'port\t%s\nsocket\t%s\n' "${PUBLISHED:-$SERVER_PORT}" "$SERVER_SOCKET"
[ -n "$SERVER" ] || {
    tell_folders
    exit 0
}
# the folders while the server answers
exec 3>&1
folders=$(
    with_sessions inside_fed sh -s "$INSIDE_BINARIES" "$SERVER_SOCKET" "$SERVER_PORT" "$files" >&3 &
    tell_folders
    wait $!
)
done=$?
printf '%s\n' "$folders"
exit $done
