# Fills a new data directory: by initdb, closed to all but its OS user.
make_in() {
    its=$INSIDE_DATA${1#"$DATA"}
    as_maker "$1" "$its" "$INSIDE_BINARIES/initdb" -D "$its" -U postgres \
        --data-checksums --locale=C.UTF-8 --encoding=UTF8 --auth-local=peer --auth-host=reject
}
# A canary begins with it, and copies it each time: with a third of the files.
keep_pristine() {
    rm -rf "$CANARY"-*
    owned_folder "$PRISTINE.new"
    as_owner find "$1" -mindepth 1 -maxdepth 1 ! -name base -exec cp -a -t "$PRISTINE.new" {} +
    as_owner install -d -m 0700 "$PRISTINE.new/base"
    # database postgres; nobody connects to the canary's template1 and template0
    as_owner cp -a "$1/base/5" "$PRISTINE.new/base"
    mv -T "$PRISTINE.new" "$PRISTINE"
}
fill() {
    rm -f "$HOME_/adopted" # of a killed run that had another inventory
    make_in "$1"
    keep_pristine "$1"
}
