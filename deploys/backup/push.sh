# Pushes what a server in a container has archived, as its OS user: the oldest file first, and none
# is passed by. What fails is tried again, and written down until it succeeds.
export LC_ALL=C # the order of the files
cd @ARCHIVED@ || exit
state=@STATE@
rm -f "$state/stuck"
while :; do
    for file in [0-9A-F]*; do
        [ -e "$file" ] || exit 0
        said=$(pgbackrest --stanza=@STANZA@ --no-archive-async archive-push "$PWD/$file" 2>&1) || {
            line=$(printf '%s\n' "$said" | grep -m 1 ERROR) || line=$(printf '%s\n' "$said" | tail -n 1)
            printf '%s push %s\n' "$(date +%s)" "${line:-pgbackrest ended without a word}" \
                > "$state/stuck.new" && mv "$state/stuck.new" "$state/stuck"
            sleep 5
            continue 2
        }
        rm -f "$file" "$state/stuck"
    done
done
