# All but the packages and what has been backed up; the marker goes last. pg_dropcluster leaves what it
# does not know.
systemctl disable "$UNIT"
systemctl disable --now "$LOGS.path"
remove_units
[ ! -e "$DEBIAN" ] || pg_dropcluster --stop "$VERSION" "$CLUSTER_NAME" || :
# shellcheck disable=SC2086 # a list of paths
rm -rf "$DEBIAN" "${DROP_IN%/*}" "$LOG" "$CANARY"* $LOG_FILES
remove_folder "$DATA"
systemctl daemon-reload
find "$HOME_" -mindepth 1 -maxdepth 1 ! -name "${MARKER##*/}" -exec rm -rf {} +
rm -rf "$HOME_"
