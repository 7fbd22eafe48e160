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
printf '%s\n' "$ENVIRONMENT" > "$MARKER.new"
sync "$MARKER.new"
mv -T "$MARKER.new" "$MARKER"
