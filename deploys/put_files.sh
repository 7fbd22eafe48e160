# Writes the files of $PATHS, each whole or not at all; with_file_N has the content of one.
put() {
    base64 -d > "$1.new"
    chmod 0644 "$1.new"
    mv -fT "$1.new" "$1"
}
put_files() {
    number=0
    while IFS= read -r path; do
        "with_file_$number" put "$path"
        number=$((number + 1))
    done << PATHS
$PATHS
PATHS
}
