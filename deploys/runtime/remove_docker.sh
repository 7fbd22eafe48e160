# All but the image; the marker goes last. A network that an application is on stays.
[ ! -e "$HOME_/compose.yaml" ] || docker compose -f "$HOME_/compose.yaml" down -v || :
leave_canary
if [ -d /run/systemd/system ]; then
    systemctl disable --now "$LOGS.path" || :
    remove_units
    # shellcheck disable=SC2086 # a list of paths
    rm -f $LOG_FILES
    systemctl daemon-reload
fi
find "$HOME_" -mindepth 1 -maxdepth 1 ! -name "${MARKER##*/}" -exec rm -rf {} +
rm -rf "$HOME_"
