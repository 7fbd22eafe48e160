# What a host has: tab-separated lines, and rows of JSON from psql. snapshot.py fills in the names.
cd /
@ASSIGNED@
tab=$(printf '\t')
echo "clock$tab$(date +%s.%N)"
# who listens on the wanted port, from the kernel: ss may not be installed
awk -v port="$PORT_HEX" '{ split($2, local, ":") }
    $4 == "0A" && local[2] == port { print "listener\t" local[1] }' \
    /proc/net/tcp /proc/net/tcp6 2>/dev/null
# what sizing shares out: RAM or the control group's part of it, cores, the data's file system
while read -r name kilobytes _; do [ "$name" != MemTotal: ] || break; done < /proc/meminfo
echo "memory$tab$((kilobytes * 1024))"
read -r limit 2>/dev/null < /sys/fs/cgroup/memory.max
case "$limit" in *[0-9]) echo "memory$tab$limit" ;; esac
echo "cores$tab$(nproc)"
place=$DATA
until [ -e "$place" ]; do place=${place%/*}; place=${place:-/}; done
sum=$(stat -f -c '%b * %S' "$place")
echo "disk$tab$(($sum))"
if [ -s "$LOCK_FILE" ] && read -r owner < "$LOCK_FILE"; then
    echo "lock$tab$owner"
    exec 8< "$LOCK_FILE"
    flock -n -s 8 || echo "locked"
    exec 8<&-
fi
! command -v sudo > /dev/null || echo "has${tab}sudo"
# a new file system that is mounted for the data, or what a killed run has made in it
fresh=
if [ -d "$DATA" ] && [ ! -e "$DATA/PG_VERSION" ]; then
    strangers=$(find "$DATA/." -mindepth 1 -maxdepth 1 @FRESH@ -print -quit 2>/dev/null)
    [ -n "$strangers" ] && [ ! -e "$DATA/.howdah.new" ] || fresh=yes
    [ -n "$fresh" ] && echo "has${tab}fresh" || echo "has${tab}strangers"
fi
@FACTS@
[ -x "$BINARIES/postgres" ] && echo "binaries"
[ -d "$HOME_" ] || [ -n "$ADOPTED" ] || exit 0
# what a killed run has left at work ends first
[ ! -e "$LOCK" ] || { exec 9< "$LOCK" && flock -s -w 60 9; } || { echo "another deploy is at work on this host" >&2; exit 1; }
whose=
[ ! -d "$HOME_" ] || echo "home"
[ -e "$MARKER" ] && read -r whose < "$MARKER" && echo "whose$tab$whose"
[ -z "$whose" ] || [ "$whose" = "$WHOSE" ] || exit 0
[ -e "$DATA/PG_VERSION" ] && echo "data"
for folder in "$ETC" "$SOCKET"; do
    [ -d "$folder" ] && echo "folder"
done
{ # what is logged is not for all
    find "$LOG" -maxdepth 0 -perm 700 -printf 'folder\n'
    find "$ETC/current" "$ETC/good" "$ETC/last" -maxdepth 0 -type l -printf '%f\t%l\n'
} 2>/dev/null
files=0
# those of a cluster that is taken over lie in a folder of the server's OS user: read as he may
as=
[ -d "$CURRENT/" ] || as="@OWNER@"
if cd "$CURRENT/" 2>/dev/null || { [ -n "$ADOPTED" ] && cd "$ADOPTED" 2>/dev/null; }; then
    [ -e pg_hba.conf ] && [ -e postgresql.conf ] && files=1
@FILES@
    cd /
fi
# the room that is left, also where pg_wal is on a disk of its own
stat -f -c "room$tab%n$tab%a$tab%S$tab%b$tab%d$tab%c" "$DATA" "$DATA/pg_wal/." "$LOG" 2>/dev/null
# what a server that is down would read of ALTER SYSTEM's; a running one is asked
is_down() {
    # as the server's OS user, whose folder it is: what he links to is what he may read
    @OWNER@ awk '!/^[ \t]*(#|$)/ { print "auto\t" $0 }' "$DATA/postgresql.auto.conf" 2>/dev/null |
        LC_ALL=C tr '\200-\377' '?'
    exit 0
}
[ -e "$DATA/postmaster.pid" ] || is_down
{ read -r pid; read -r _; read -r _; read -r port; read -r socket; } < "$DATA/postmaster.pid"
# a stale file may name somebody else's process
[ "/proc/$pid/cwd" -ef "$DATA" ] || is_down
echo "pid$tab$pid"
[ "/proc/$pid/exe" -ef "$BINARIES/postgres" ] || echo "outdated"
# one of an older minor version is asked with its own programs, until the newer are there
[ -x "$BINARIES/psql" ] || BINARIES=$(dirname "$(readlink "/proc/$pid/exe")")
# not by echo, which would make a line end of a \n in the file
printf 'port\t%s\nsocket\t%s\n' "$port" "$socket"
[ -n "$SERVER" ] || exit 0
# one that starts, or recovers from a crash, answers soon: 60 s
turn=0
until "$BINARIES/pg_isready" -q -h "$socket" -p "$port"; do
    [ $? -eq 1 ] && [ $((turn += 1)) -le 300 ] || break
    sleep 0.2
done
# two sessions side by side: half the time where there are many databases
ask() {
    @PSQL@ -v files=$files -h "$socket" -p "$port" -U postgres -d postgres -f -
}
exec 3>&1
more=$(
    ask <<'HOWDAH_SQL' &
@MORE@
HOWDAH_SQL
    done=0
    ask >&3 <<'HOWDAH_SQL' || done=$?
@SQL@
HOWDAH_SQL
    wait $! && exit $done
)
done=$?
printf '%s\n' "$more"
exit $done
