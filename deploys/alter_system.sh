# Takes settings out of the file that ALTER SYSTEM writes: it wins over every release. Not by SQL,
# for the server may be down because of it, or may not be allowed to write it.
cd "$DATA" || exit
umask 077
file=postgresql.auto.conf
awk -v names=" $NAMES " '{
    name = $0
    sub(/^[ \t]+/, "", name)
    sub(/[ \t=].*/, "", name)
} !index(names, " " tolower(name) " ")' $file > $file.howdah
sync $file.howdah
mv -T $file.howdah $file
sync .
