# Runs "$@" again until nobody else has apt's or dpkg's lock: a first boot, a timer, another's
# cluster. Fails after $LOCK_SECONDS of it. What it waits for is printed on 3, at once.
waited=0 before=
unlocked() {
    until said=$("$@" 2>&1 3>&-); do
        taken=$(taken_lock)
        [ -n "$taken" ] || {
            printf '%s\n' "$said" | grep -m 1 '^E: ' >&2 ||
                printf '%s\n' "$said" | tail -n 1 >&2
            exit 1
        }
        who=$(holder "${taken%% *}")
        lock=${taken#* }
        [ $waited -lt "$LOCK_SECONDS" ] ||
            fail "$who has had $lock for $waited s (apt_lock_timeout); run this again after it"
        [ "$taken" = "$before" ] && [ $((waited % 60)) != 0 ] ||
            echo "waiting for $who, which has $lock: $waited of at most $LOCK_SECONDS s" >&3
        before=$taken
        sleep 1
        waited=$((waited + 1))
    done
}
# The lock that is taken, as what failed has named it, after its holder's pid.
taken_lock() {
    printf '%s\n' "$said" | sed -n '
        s/^dpkg: error: dpkg \(.*\) lock was locked by .* with pid \([0-9]*\).*/\2 the dpkg \1 lock/p
        s/^E: Could not get lock \(.*\)\. It is held by process \([0-9]*\).*/\2 \1/p
        s/^E: Could not get lock \(.*\) - open .*/0 \1/p' | head -n 1
}
# $1: names.
install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    # what a power cut has left undone
    unlocked dpkg --force-confold --configure -a
    unlocked apt-get -q -o Acquire::Retries=3 update
    # shellcheck disable=SC2086 # a list
    unlocked apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=0 \
        -o Dpkg::Options::=--force-confold install --no-install-recommends $1
}
holder() {
    name=another
    { read -r name < "/proc/$1/comm"; } 2> /dev/null || :
    echo "$name (process $1)"
}
