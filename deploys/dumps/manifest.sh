# A dump is a folder: a file for each database, and a manifest, whose last line is `end`.
# A command as whoever writes the dumps.
as_dumper() {
    if [ -n "$DUMPER" ]; then
        as_owner "$@"
    else
        "$@"
    fi
}

# Whether the dump $1 is as it was written; $2: only this database of it, where that is given.
is_whole() {
    [ "$(as_dumper tail -n 1 "$1/manifest" 2> /dev/null)" = end ] || return 1
    as_dumper awk -F '\t' -v only="$2" '$1 == "file" && (only == "" || $4 == only) {
            print $2 "  " $4 ".dump"
        }' "$1/manifest" |
        as_dumper sh -c 'cd "$1" && sha256sum -c --status -' sh "$1" 2> /dev/null
}
