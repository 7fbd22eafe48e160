# What there is to restore from, in the first repository that has a good backup: bytes that are free
# beside the data, its number, the backups, the archive, and where the newest timeline has left the
# others.
cd /
above=${DATA%/*}
[ -d "$above" ] || above=/var/lib
df --output=avail -B1 "$above" | tail -n 1
for repo in $REPOS; do
    info=$(pgbackrest --stanza="$STANZA" --repo="$repo" info --output=json)
    case "$info" in *'"backup":[{'*) break ;; esac
done
echo "$repo"
printf '%s' "$info" | tr -d '\n'
echo
files=$(pgbackrest --stanza="$STANZA" --repo="$repo" repo-ls --recurse "archive/$STANZA")
printf '%s\n' "$files"
latest=$(printf '%s\n' "$files" | sed -n 's,^.*/\([0-9A-F]\{8\}[.]history\)$,\1,p' | sort | tail -n 1)
[ -n "$latest" ] || exit 0
copy=$SOCKET/history-$STANZA
pgbackrest --stanza="$STANZA" --repo="$repo" archive-get "$latest" "$copy"
as_owner sed 's/^/history\t/' "$copy"
as_owner rm -f "$copy"
