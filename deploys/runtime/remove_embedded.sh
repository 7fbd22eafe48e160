# All that was made; the marker goes last.
remove_folder "$DATA"
find "$HOME_" -mindepth 1 -maxdepth 1 ! -name "${MARKER##*/}" -exec rm -rf {} +
rm -rf "$SOCKET" "$HOME_"
