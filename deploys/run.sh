# $1: what to do, as a sentence's end; $2: the script; $3: the file whose lock it holds; $4: not
# empty, where what the script prints on 3 is shown at once.
# A killed controller leaves its last command at work: the next run's first waits for it. The
# lock is the kernel's, and gone with its holder; -o: a server that is started does not hold it.
what=$1 script=$2 lock=$3
[ -z "$4" ] || exec 3>&1
set -- sh -ec "$script"
[ -z "$lock" ] || [ ! -d "${lock%/*}" ] || set -- flock -o -w 60 "$lock" "$@"
said=$("$@" 2>&1 > /dev/null) || {
    line=$(printf '%s\n' "$said" | grep -m 1 'ERROR:')
    [ -n "$line" ] || line=$(printf '%s\n' "$said" | head -n 1)
    printf 'could not %s: %s\n' "$what" "${line:-another deploy is at work on this host}" >&2
    exit 1
}
