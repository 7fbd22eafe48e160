# All but the image; the marker goes last. A network that an application is on stays.
[ ! -e "$HOME_/compose.yaml" ] || docker compose -f "$HOME_/compose.yaml" down -v || :
leave_canary
find "$HOME_" -mindepth 1 -maxdepth 1 ! -name "${MARKER##*/}" -exec rm -rf {} +
rm -rf "$HOME_"
