# Proves that the newest backup comes back: restored beside the data, recovered, counted, and gone. It
# runs as the server's OS user or as root, and writes down how it went.
[ "$(id -u)" = 0 ] || become() { exec "$@"; }
exec 3>&1
cd /
new=$DATA.drill
began=$(date +%s)
# shellcheck disable=SC2016 # of the inner shell
note() { as_owner sh -c 'printf "%s\n" "$2" > "$1.new" && mv "$1.new" "$1"' sh "$STATE/$1" "$2"; }
clear_away() {
    sweep
    beside_data rm -rf "$new"
}
give_up() {
    clear_away
    note drilled "$(date +%s) drill $1"
    fail "$1"
}
# The newest backup of one repository.
prove() {
    clear_away
    size=$(backrest info --output=json | grep -o '"size":[0-9]*},"label"' |
        tail -n 1 | tr -cd 0-9)
    free=$(df --output=avail -B1 "${DATA%/*}" | tail -n 1)
    [ "$free" -ge $((${size:-0} * 6 / 5)) ] ||
        give_up "not proven: $((free >> 20)) MB are free, and a restore needs $((size * 6 / 5 >> 20)) MB"
    most=$(newest_segment)
    restore_beside give_up
    recover give_up
    check_reached "$most" give_up
    # every row is read once
    rows=0
    for database in $(ask_new 'SELECT datname FROM pg_database WHERE datallowconn'); do
        count=$(printf '%s\n' "SELECT format('SELECT count(*) FROM %s', c.oid::regclass)
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \\gexec" |
            psql_new -d "$database" | awk '{ sum += $1 } END { print sum + 0 }') ||
            give_up "could not read the tables of $database"
        rows=$((rows + count))
    done
    end_new fast
    clear_away
}
# shellcheck disable=SC2034 # of backrest
for REPO in $REPOS; do
    prove
done
now=$(date +%s)
note drilled "$now drill "
note proven "$now $((now - began)) $rows"
tell "proven: $rows rows, in $((now - began)) s"
