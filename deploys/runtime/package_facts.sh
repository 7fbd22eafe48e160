(. /etc/os-release && echo "os$tab$ID $VERSION_ID") 2>/dev/null
echo "uid$tab$(id -u)"
[ ! -e "$(dirname "$BINARIES")/lib/pgaudit.so" ] || echo "has${tab}pgaudit"
# unpacked is not installed: postgres may not even be a user yet
[ -e "$MARKER" ] || ! dpkg-query -W -f '${db:Status-Abbrev}\n' @SERVER@ @SERVER@-pgaudit 2>/dev/null |
    grep -q '^.[UFH]' || echo "has${tab}unpacked"
if [ ! -e "$MARKER" ] && { [ -e @ETC@ ] || [ -e "$DATA" ]; }; then
    echo "has${tab}foreign"
    { [ -f @ETC@/postgresql.conf ] && [ -e "$DATA/PG_VERSION" ]; } || echo "has${tab}halves"
    said=$(sed -n "s/^data_directory *= *'\([^']*\)'.*/\1/p" @ETC@/postgresql.conf 2>/dev/null)
    { [ "$said" = "$DATA" ] && [ "$(stat -c %U "$DATA")" = postgres ]; } 2>/dev/null ||
        echo "has${tab}elsewhere"
    { grep -v -e '^ *#' -e '^ *$' @ETC@/environment
        grep "^ *pg_ctl_options *= *'..*'" @ETC@/pg_ctl.conf; } 2>/dev/null |
        grep -q . && echo "has${tab}environment"
    ls @ETC@/conf.d/*.conf > /dev/null 2>&1 && echo "has${tab}conf.d"
fi
if [ ! -e @ETC@/environment ]; then # the last file that pg_createcluster makes
    echo "has${tab}no cluster"
else
    for file in postgresql.conf pg_hba.conf pg_ident.conf release.conf; do
        [ "$(readlink @ETC@/$file)" = "$CURRENT/$file" ] || echo "has${tab}no $file"
    done
    since=inf # of the two that the server reads through links of this folder
    [ -L @ETC@/postgresql.conf ] && [ -L @ETC@/release.conf ] &&
        since=$(stat -c %.9Z @ETC@/postgresql.conf @ETC@/release.conf | sort -n | tail -n 1)
    echo "linked$tab$since"
    grep -qsx auto @ETC@/start.conf || echo "has${tab}no start.conf"
    [ "$(cat @DROP@ 2>/dev/null)" = @CONF@ ] || echo "has${tab}no drop-in"
    [ -L /etc/systemd/system/multi-user.target.wants/@UNIT@.service ] || echo "has${tab}no unit"
fi
