#!/bin/sh
# Makes a job ready: Howdah where howdah.toml says, in the version HOWDAH_REF of HOWDAH_URL; and
# the secrets: the folder HOWDAH_SECRETS of the runner, which keeps what a deploy writes.
set -eu
cd "$(dirname "$0")/.."
howdah=$(sed -n 's/^howdah *= *"\(.*\)".*/\1/p' howdah.toml)
[ -e "$howdah/.git" ] || git clone --quiet "$HOWDAH_URL" "$howdah"
[ "$(git -C "$howdah" remote get-url origin)" = "$HOWDAH_URL" ] || {
    echo "$howdah is no clone of $HOWDAH_URL: name another folder in howdah.toml" >&2
    exit 1
}
git -C "$howdah" fetch --quiet --tags origin
git -C "$howdah" checkout --quiet --detach "$HOWDAH_REF"
[ -d "$HOWDAH_SECRETS" ] || {
    echo "HOWDAH_SECRETS: there is no folder $HOWDAH_SECRETS on this runner" >&2
    exit 1
}
[ -e secrets ] || ln -s "$HOWDAH_SECRETS" secrets
