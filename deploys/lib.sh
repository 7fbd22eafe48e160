# What several scripts do. It stands before them, behind a header of variables; become and the
# folders are functions of the runtime's own file.
TAB='	'

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

# A command as the server's OS user. become does not return: it is for the part of a pipeline and
# for what goes on in the background, whose process is the command itself then.
as_owner() { (become "$@"); }

# The same where the server's own paths hold, those of INSIDE_: for PostgreSQL's programs. A runtime
# whose server has a root of its own has its own function.
inside() { become "$@"; }
as_server() { (inside "$@"); }
# One that reads its stdin, which another might take from the script.
inside_fed() { inside "$@"; }

# pgBackRest, which a runtime whose server has paths of its own brings to those.
pgbackrest() { as_owner pgbackrest "$@"; }

# A command on what lies beside the data directory, as who may write there.
beside_data() { as_owner "$@"; }

# Words that make a new data directory, in the folder $1, which the server would see as $2.
as_maker() {
    shift 2
    as_server "$@"
}

# Where the canary runs, and how it ends with this shell. A runtime whose servers run in places of
# their own makes one.
enter_canary() { :; }
leave_canary() { :; }
inside_bound() {
    # A shell's background commands begin with SIGQUIT ignored: it would be lost on a server that
    # does not listen to it yet.
    inside env -i --default-signal=QUIT LC_ALL=C.UTF-8 \
        "$(command -v setpriv)" --pdeathsig QUIT "$@"
}

# Whether the binaries are there that a start takes, and whether the server is of others.
has_binaries() { [ -x "$BINARIES/postgres" ]; }
is_outdated() { ! [ "/proc/$SERVER_PID/exe" -ef "$BINARIES/postgres" ]; }
# One of an older minor version is asked with its own programs, until the newer are there.
take_its_programs() {
    # shellcheck disable=SC2034 # of who asks
    has_binaries || INSIDE_BINARIES=$(dirname "$(readlink "/proc/$SERVER_PID/exe")")
}

# What a data directory's postmaster.pid says: one fact a line, whatever stands in it.
# shellcheck disable=SC2034 # of who asks
read_pid_file() {
    SERVER_PID='' SERVER_PORT='' SERVER_SOCKET='' PUBLISHED=''
    {
        read -r SERVER_PID
        read -r _
        read -r _
        read -r SERVER_PORT
        read -r SERVER_SOCKET
    } < "$1/postmaster.pid"
}

# The server of the data directory $1, if it runs: a stale file may name somebody else's process.
find_server() {
    [ -e "$1/postmaster.pid" ] || return 1
    read_pid_file "$1" || : # one that starts has not written it all
    [ "/proc/$SERVER_PID/cwd" -ef "$1" ]
}

# A line of the server's log, or several, without what stands before the message.
messages() { sed 's/^.*\(LOG\|FATAL\|PANIC\): *//; s/^[0-9A-Z]\{5\}: //'; }

# Of what a program has said, the line that tells most.
cause() {
    line=$(printf '%s\n' "$1" | grep -m 1 -e ERROR: -e FATAL:) ||
        line=$(printf '%s\n' "$1" | grep -m 1 .) || line='it ended without a word'
    printf '%s\n' "$line" | sed 's/^.*\(ERROR\|FATAL\): *//; s/^pg_[a-z]*: error: //'
}

# A folder with all that is in it; of one that something is mounted on, what is in it.
remove_folder() {
    [ -e "$1" ] || return 0
    find "$1/." -mindepth 1 -maxdepth 1 -exec rm -rf {} +
    rmdir "$1" 2> /dev/null || mountpoint -q "$1"
}

# flip LINK TARGET [as_owner]: who follows the link finds the one or the other.
flip() {
    $3 ln -sfn "$2" "${1%/*}/.${1##*/}" && $3 mv -fT "${1%/*}/.${1##*/}" "$1"
}

# Releases that nothing points to: refused ones, and those before the last good one.
sweep_releases() {
    for old in r-*[0-9]; do
        for link in current good last; do
            [ "$(readlink $link)" != "$old" ] || continue 2
        done
        rm -rf "$old" "$old.sums"
    done
}

# How stat prints the owner of a file, and how Howdah compares it.
OWNERS=%U:%G
owners_of_files() { cat; }

# The files of this folder. $1: as_owner, where the folder is not root's.
tell_files() {
    {
        stat -c "file$TAB%n$TAB%a$TAB$OWNERS" -- . * | owners_of_files
        $1 sha256sum -- * | sed "s/^/sha256$TAB/; s/  /$TAB/"
        # what is no secret, to be compared line by line
        $1 awk '{ print "text\t" FILENAME "\t" $0 }' ./*.conf
        [ ! -e compose.yaml ] || awk '{ print "text\tcompose.yaml\t" $0 }' compose.yaml
    } 2> /dev/null | LC_ALL=C tr '\200-\377' '?'
}
