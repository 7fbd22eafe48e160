# A database as it was; the one of now is kept beside under another name. The rights come with the
# deploy that follows: until then nobody but the superuser connects.
give_up() {
    clear_away
    drop_fresh
    fail "ERROR: $1"
}
# It is the same each time: nobody writes to the closed server.
read_dump() { dump_new -d "$DATABASE"; }
bring_beside
make_fresh
clear_away
swap_fresh
# shellcheck disable=SC2154 # of recover
tell "$DATABASE is as it was at $lsn"
