# Dumps every declared database as $ROLE, over the socket, and writes down how it went. It runs as
# the server's OS user; where the server is in a container, as root, and the programs in there.
become() { exec "$@"; }
umask 077
cd /
{ true >&3; } 2> /dev/null || exec 3>&1
began=$(date +%s)
name=$(date -u +%Y%m%dT%H%M%SZ)
new=$FOLDER/$name.partial
read_pid_file "$DATA" 2> /dev/null || :
port=${SERVER_PORT:-$PORT} # of now, where another one waits for a restart
note() { printf '%s %s\n' "$(date +%s)" "$1" > "$FOLDER/last.new" && mv "$FOLDER/last.new" "$FOLDER/last"; }
give_up() {
    rm -rf "$new"
    note "failed $1"
    fail "ERROR: $1"
}
exec 8> "$FOLDER/.lock"
flock -w 600 8 || fail "ERROR: another dump is at work"
# what a killed one has left
rm -rf "$FOLDER"/*.partial

# psql as the role, in the database $1.
ask_as_role() {
    (inside env -i LC_ALL=C.UTF-8 PGOPTIONS='-c search_path=pg_catalog' "$INSIDE_BINARIES/psql" \
        -XAtqw -v ON_ERROR_STOP=1 -h "$INSIDE_SOCKET" -p "$port" -U "$ROLE" -d "$1" -c "$2" \
        2> "$new/.said" 8>&- < /dev/null) || give_up "$1: $(cause "$(cat "$new/.said")")"
}

# A role that reads past row security would do so in every table: only those that are named.
check_row_security() {
    tables=$(ask_as_role "$1" "
        SELECT format('%s.%s', n.nspname, c.relname)
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relrowsecurity AND c.relkind IN ('r', 'p')
            AND NOT EXISTS (
                SELECT FROM pg_depend AS d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        ORDER BY 1") || exit 1
    while IFS= read -r table; do
        [ -n "$table" ] || continue
        printf '%s\n' "$ROW_SECURITY" | grep -qxF -e "$table" || give_up \
            "$1: table $table has row security; row_security = [\"$table\"] dumps all of its rows"
    done << TABLES
$tables
TABLES
}

# Reads what pg_restore makes of a dump: a line for each table's rows, and the schema's revision.
# In a row no backslash stands alone, so that none is taken for the last line.
count_rows() {
    LC_ALL=C awk -v database="$1" -v revision="$2" '
        in_table {
            if ($0 == "\\.") {
                print "rows\t" database "\t" rows "\t" table
                in_table = 0
            } else {
                rows++
                if (is_version) print "revision\t" $0
            }
            next
        }
        /^COPY .* FROM stdin;$/ &&
            match($0, /^COPY ("([^"]|"")*"|[^" .]+)[.]("([^"]|"")*"|[^" ]+)/) {
            table = substr($0, 6, RLENGTH - 5)
            rows = 0
            in_table = 1
            is_version = revision && table == "app.alembic_version"
            next
        }
        { last = $0 }
        END { exit last != "\\howdah whole" }'
}

# The database $1: written, read back whole, and entered into the manifest.
dump_one() {
    file=$new/$1.dump
    check_row_security "$1"
    (inside_bound "$INSIDE_BINARIES/pg_dump" -w -Fc --compress="$COMPRESSION" \
        --lock-wait-timeout=60s -h "$INSIDE_SOCKET" -p "$port" -U "$ROLE" -d "$1" \
        > "$file" 2> "$new/.said" 8>&- 3>&- < /dev/null) ||
        give_up "$1: $(cause "$(cat "$new/.said")")"
    revision=
    [ "$1" != "$APP_DATABASE" ] || revision=yes
    {
        (inside_fed env -i LC_ALL=C.UTF-8 "$INSIDE_BINARIES/pg_restore" --data-only -f - \
            < "$file" 2> "$new/.said" 8>&- 3>&-) && printf '%s\n' '\howdah whole'
    } | count_rows "$1" "$revision" >> "$new/manifest" ||
        give_up "$1: it cannot be read back: $(cause "$(cat "$new/.said")")"
    sum=$(sha256sum < "$file")
    printf 'file\t%s\t%s\t%s\n' "${sum%% *}" "$(stat -c %s "$file")" "$1" >> "$new/manifest"
}

# By their number and by their age; never this one, nor the last two that are whole.
prune() {
    oldest=$(date -u -d "@$((began - DAYS * 86400))" +%Y%m%d%H%M%S)
    number=0 whole=0
    for each in $(find "$FOLDER" -mindepth 1 -maxdepth 1 -name '*Z' -printf '%f\n' | sort -r); do
        number=$((number + 1))
        if [ "$each" = "$name" ]; then
            whole=$((whole + 1))
        elif [ "$whole" -lt 2 ]; then
            ! is_whole "$FOLDER/$each" '' || whole=$((whole + 1))
        elif [ "$number" -gt "$KEEP" ] || [ "$(echo "$each" | tr -d TZ)" -lt "$oldest" ]; then
            rm -rf "${FOLDER:?}/$each"
        fi
    done
}

mkdir "$new" || fail "ERROR: could not make $new"
# first, for it says so where the server is down
server=$(ask_as_role "$APP_DATABASE" 'SHOW server_version') || exit 1
{
    printf 'howdah\t1\nmade\t%s\nserver\t%s\n' "$began" "$server"
    printf 'pg_dump\t%s\n' "$(as_server "$INSIDE_BINARIES/pg_dump" --version)"
} > "$new/manifest"
count=0
while IFS= read -r database; do
    dump_one "$database"
    count=$((count + 1))
done << DATABASES
$DATABASES
DATABASES
echo end >> "$new/manifest"
rm -f "$new/.said"
sync "$new"/* "$new" || give_up "could not write it to the disk"
mv -T "$new" "$FOLDER/$name" || give_up "could not name it $name"
sync "$FOLDER"
prune
line=$(awk -F '\t' '$1 == "rows" { rows += $3 } $1 == "file" { bytes += $3 }
    END { printf "%.0f rows, %.0f bytes", rows, bytes }' "$FOLDER/$name/manifest")
line="$name: $count databases, $line, $(($(date +%s) - began)) s"
note "good $line"
echo "$line" >&3
