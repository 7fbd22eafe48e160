# PostgreSQL from the distribution, without the cluster that its packages would make and start.
# The marker comes last: without it nothing counts as installed.
@ASSIGNED@
umask 022
if [ -n "$PACKAGES" ]; then
    install -d /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/howdah.conf
    export DEBIAN_FRONTEND=noninteractive
    dpkg --configure -a # what a power cut has left undone
    turn=0
    until said=$(apt-get -q -o Acquire::Retries=3 update 2>&1); do
        case "$said" in # a timer's run, or another cluster's, is waited for
            *'Could not get lock'*) [ $((turn += 1)) -le 60 ] && sleep 2 && continue ;;
        esac
        printf '%s\n' "$said" | grep '^E:' >&2
        exit 1
    done
    # shellcheck disable=SC2086 a list of names
    apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold \
        install --no-install-recommends $PACKAGES
fi
install -d -m 0755 /etc/howdah /var/lib/howdah
install -d -m 0750 -g postgres "$HOME_"
install -d -m 2775 -o postgres -g postgres /run/postgresql
# these folders' folders are the server's, who may have put links there
@OWNER@ install -d -m 0700 "$LOG"
@OWNER@ install -d -m 0755 "${DATA%/*}"
# The files of a cluster that is taken over are its first release, and a good one.
if [ -n "$ADOPTED" ] && [ ! -e "$HOME_/good" ]; then
    cd "$HOME_"
    rm -rf .stage
    install -d -m 0750 -g postgres .stage
    for file in postgresql.conf pg_hba.conf pg_ident.conf; do
        install -m 0640 -g postgres "$ADOPTED/$file" .stage
    done
    printf "\nhowdah.release = 'r-0'\n" >> .stage/postgresql.conf
    rm -rf r-0
    (cd .stage && sha256sum *) > r-0.sums
    mv -T .stage r-0
    ln -sfn r-0 current
    ln -sfn r-0 good
    sync r-0/* r-0.sums .
    cd /
fi
printf '%s\n' "$ENVIRONMENT" > "$MARKER.new"
sync "$MARKER.new"
mv -T "$MARKER.new" "$MARKER"
