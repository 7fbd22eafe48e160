# PostgreSQL from the distribution, without the cluster that its packages would make and start.
# The marker comes last: without it nothing counts as installed.
umask 022
if [ -n "$PACKAGES" ]; then
    install -d /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/howdah.conf
    install_packages "$PACKAGES"
fi
install -d -m 0755 /etc/howdah /var/lib/howdah
install -d -m 0750 -g postgres "$HOME_"
install -d -m 2775 -o postgres -g postgres /run/postgresql
# of a host that was reinstalled only the volume is left: postgres may have another number now
[ -z "$DATA_ONLY" ] || {
    case "$DATA" in
        /var/lib/postgresql/*) chown -h postgres:postgres "${DATA%/*/*}" "${DATA%/*}" ;;
    esac
    chown -Rh postgres:postgres "$DATA"
}
# these folders' folders are the server's, who may have put links there
as_owner install -d -m 0700 "$LOG"
if [ ! -d "${DATA%/*}" ]; then # else somebody's, for a mount
    case "$DATA" in
        /var/lib/postgresql/*) as_owner install -d -m 0755 "${DATA%/*}" ;;
        *) install -d -m 0755 "${DATA%/*}" ;;
    esac
fi
# The files of a cluster that is taken over are its first release, and a good one.
if [ -n "$ADOPTED" ] && [ ! -e "$HOME_/good" ]; then
    cd "$HOME_" || exit
    rm -rf .stage
    install -d -m 0750 -g postgres .stage
    for file in postgresql.conf pg_hba.conf pg_ident.conf; do
        as_owner cat "$ADOPTED/$file" > ".stage/$file" # a link would make root show it any file
        chown root:postgres ".stage/$file"
        chmod 0640 ".stage/$file"
    done
    printf "\nhowdah.release = 'r-0'\n" >> .stage/postgresql.conf
    rm -rf r-0
    (cd .stage && sha256sum -- *) > r-0.sums
    mv -T .stage r-0
    flip "$HOME_/current" r-0
    flip "$HOME_/good" r-0
    sync r-0/* r-0.sums .
    cd /
fi
printf '%s\n' "$WHOSE" > "$MARKER.new"
sync "$MARKER.new"
mv -T "$MARKER.new" "$MARKER"
sync "$HOME_" /etc/howdah # a certificate is made after it: it tells a first deploy from a lost host
