# What makes backups, the repository's stanza, and a first one.
umask 022
said=
# pgBackRest's own words, of the line that tells most.
run() {
    turn=0
    until said=$(pgbackrest --stanza="$STANZA" "$@" 2>&1); do
        case "$said" in # the server's own archive-push, which is tried again and again
            *'unable to acquire lock'*) [ $((turn += 1)) -le 60 ] && sleep 1 && continue ;;
            *'do not match the database'*) # not to be overwritten, and not to be upgraded
                fail "ERROR: $REPOSITORY has backups of another server by the name $STANZA"
                ;;
            *CryptoError* | *FormatError*)
                fail "ERROR: $REPOSITORY has backups of $STANZA with another backup_key: put it back"
                ;;
        esac
        fail "ERROR: $(cause "$said")"
    done
}
group=${FILE_OWNER#*:}
# shellcheck disable=SC2086 # a list of paths
for folder in $FOLDERS "$SPOOL"; do
    [ -d "$folder" ] || install -d -m 0750 -o "$OS_OWNER" -g "$group" "$folder"
    as_owner test -w "$folder" && continue
    # the package has made it for its own user
    [ -z "$(ls -A "$folder")" ] || fail "ERROR: $folder is $(stat -c "$OWNERS" "$folder")'s, and the server's OS user cannot write there; set backup_repository to another folder"
    chown "$OS_OWNER:$group" "$folder"
done
install -d -m 0755 "${STATE%/*}"
install -d -m 0750 -o "$OS_OWNER" -g "$group" "$STATE"
install -d -m 0755 /etc/pgbackrest /etc/pgbackrest/conf.d
[ "$(readlink "$LINK")" = "$TARGET" ] || flip "$LINK" "$TARGET"
put_files
systemctl daemon-reload
# of other repositories, or of one whose disk is a new one; of those that are there it changes nothing
made=$(as_owner head -n 1 "$STATE/made" 2> /dev/null | cut -d ' ' -f 3)
[ "$made" = "$WHERE" ] || as_owner rm -f "$STATE/good"
if ! as_owner test -e "$STATE/good"; then
    # one that is at work may be of data that a restore has replaced, and ends with its server
    systemctl stop "${UNITS##*/}@*.service"
    run stanza-create
    # what pushes is needed to check
    [ -z "$PUSH" ] || systemctl enable --now "$PUSH"
    run check
    # whose it is: the first of pg_control is the system identifier
    # shellcheck disable=SC2016 # of the inner shell
    as_owner sh -c 'echo "$(date +%s)" $(od -An -tu8 -N8 "$1") "$3" > "$2"' sh \
        "$DATA/global/pg_control" "$STATE/made" "$WHERE"
fi
if ! as_owner test -e "$STATE/good"; then
    echo "the first full backup …" >&3
    systemctl start "${UNITS##*/}@full.service" ||
        fail "ERROR: no backup: $(as_owner head -n 1 "$STATE/last" | cut -d ' ' -f 3-)"
fi
# shellcheck disable=SC2086 # a list of names
systemctl enable --now $TIMERS
