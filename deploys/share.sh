# From a tar on stdin, FOLDER.FILE of it as FOLDER/FILE. Each gets its place by a rename: who has the
# folder mounted sees the old one or the new one. $WANTED: FOLDER/FILE:UID …
umask 077
install -d -m 0711 "$SHARED"
cd "$SHARED" || exit
rm -rf .stage
mkdir .stage
base64 -d | tar -x -C .stage
kept=' '
for entry in $WANTED; do
    file=${entry%:*} uid=${entry##*:}
    folder=${file%/*}
    install -d -m 0500 -o "$uid" -g "$uid" "$folder"
    staged=.stage/$folder.${file#*/}
    chown "$uid:$uid" "$staged"
    chmod 0400 "$staged"
    sync "$staged"
    mv -T "$staged" "$file"
    kept="$kept$folder $file "
done
rmdir .stage
for file in */* *; do
    case "$kept" in
        *" $file "*) ;;
        *) rm -rf "$file" ;;
    esac
done
sync .
