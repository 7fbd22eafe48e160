# A release is the good one from now on, and the one before it the last.
cd "$ETC" || exit
before=$(readlink good) && [ "$before" != "$RELEASE" ] && flip "$ETC/last" "$before"
flip "$ETC/good" "$RELEASE"
sweep_releases
sync .
