(. /etc/os-release && echo "os$tab$ID $VERSION_ID") 2>/dev/null
echo "uid$tab$(id -u)"
[ ! -e "$(dirname "$BINARIES")/lib/pgaudit.so" ] || echo "has${tab}pgaudit"
if [ ! -d "$HOME_" ] && { [ -e @ETC@ ] || [ -e "$DATA" ]; }; then
    echo "has${tab}foreign"
fi
registered=registered
for file in postgresql.conf pg_hba.conf pg_ident.conf release.conf; do
    [ "$(readlink @ETC@/$file)" = "$CURRENT/$file" ] || registered=
done
grep -qsx auto @ETC@/start.conf && [ -e @ETC@/environment ] &&
    [ -L /etc/systemd/system/multi-user.target.wants/@UNIT@.service ] || registered=
[ -z "$registered" ] || echo "has$tab$registered"
