# Loads $DATABASE of a dump beside it, compares it with the manifest, and renames both.
cd /
dump=$FOLDER/$DUMP
tell() { echo "$1" >&3; }
give_up() {
    drop_fresh
    fail "ERROR: $1"
}
read_dump() { as_dumper cat "$dump/$DATABASE.dump"; }

is_whole "$dump" "$DATABASE" ||
    fail "ERROR: $dump/$DATABASE.dump is damaged: its sha256 is not the manifest's; FROM=… takes another"
tell "load $DATABASE of $DUMP …"
make_fresh
lost=$(as_dumper awk -F '\t' -v database="$DATABASE" '
    $1 == "rows" && $2 == database {
        table = $4
        gsub(/\047/, "\047\047", table)
        printf "SELECT \047%s\047 FROM (SELECT count(*) AS n FROM ONLY %s) AS t WHERE n <> %s;\n",
            table, $4, $3
    }' "$dump/manifest" | ask -d "$FRESH" 2>&1) || give_up "$(cause "$lost")"
[ -z "$lost" ] || give_up "other rows than in the manifest: $(echo "$lost" | head -n 5 | tr '\n' ' ')"
swap_fresh
