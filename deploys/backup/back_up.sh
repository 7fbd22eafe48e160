# Backs PostgreSQL up, as its OS user, and writes down how it went. $1: full or incr.
cd /
state=@STATE@
note() {
    printf '%s %s %s\n' "$(date +%s)" "$2" "$3" > "$state/$1.new" && mv "$state/$1.new" "$state/$1"
}
said=$(pgbackrest --stanza=@STANZA@ --type="$1" backup 2>&1) || {
    line=$(printf '%s\n' "$said" | grep -m 1 ERROR) || line=$(printf '%s\n' "$said" | tail -n 1)
    note last "$1" "${line:-pgbackrest ended without a word}"
    printf '%s\n' "$said" >&2
    exit 1
}
note last "$1" ""
note good "$1" ""
