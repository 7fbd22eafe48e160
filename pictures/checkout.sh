#!/bin/sh
# Runs a program beside a checkout of the last commit, /srv/howdah, which has this checkout's .venv:
# checkout.sh PROGRAM …  What is deployed there ends with the program, and is in nobody's way:
# folders, processes and ports are their own.
set -eu
if [ "$1" != inside ]; then
    [ "$(id -u)" = 0 ] || {
        echo 'a picture is made in a machine of its own: needs root; type sudo make pictures' >&2
        exit 1
    }
    exec unshare --mount --net --pid --fork --kill-child --mount-proc sh "$0" inside "$@"
fi
shift
mount -t tmpfs none /srv
mkdir -p /srv/howdah /var/lib/howdah
mount -t tmpfs none /var/lib/howdah
ip link set lo up
git archive HEAD | tar -x -C /srv/howdah
ln -s "$PWD/.venv" /srv/howdah/.venv
touch -d @0 /srv/howdah/requirements.txt # older than .venv: make does not make it anew
exec "$@"
