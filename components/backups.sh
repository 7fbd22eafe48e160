# What this host has of backups: those of all its clusters.
for state in /var/lib/howdah/*.backups; do
    [ -d "$state" ] || continue
    stanza=${state##*/}
    stanza=${stanza%.backups}
    whose=$(stat -c '--reuid=%u --regid=%g' "$state")
    for word in good last made proven drilled stuck; do # of the server's OS user: read as he may
        # shellcheck disable=SC2086 # two words
        line=$(setpriv $whose --clear-groups \
            head -c 500 "$state/$word" 2> /dev/null | head -n 1) || continue
        [ -z "$line" ] || echo "$word $stanza $line"
    done
done
for link in /etc/pgbackrest/conf.d/*.conf; do
    [ -L "$link" ] || continue
    target=$(readlink "$link")
    echo "link $target $link"
    stanza=${link##*/}
    stanza=${stanza%.conf}
    key=$(sed -n 's/^repo1-cipher-pass=//p' "$link" 2> /dev/null) || continue
    [ -z "$key" ] || echo "key $stanza $(printf '%s' "$key" | sha256sum | cut -d ' ' -f 1)"
    case "$target" in
        /srv/howdah/*) data=${target%/etc/*}/data/postgres ;;
        *) data=$(sed -n 's/^pg1-path=//p' "$link") ;;
    esac
    cd "$data/global" 2> /dev/null || continue
    # the first of pg_control is the system identifier
    # shellcheck disable=SC2046 # two words
    system=$(setpriv $(stat -c '--reuid=%u --regid=%g' "$data") --clear-groups \
        od -An -tu8 -N8 pg_control 2> /dev/null)
    cd / || exit
    [ -n "$system" ] || continue
    echo "system $stanza ${system##* }"
done
for folder in /srv/howdah/*/spool/wal; do # what servers in containers have archived
    [ -d "$folder" ] || continue
    oldest=$(find "$folder" -maxdepth 1 -name '[0-9A-F]*' -printf '%T@\n' | sort -n | head -n 1)
    [ -z "$oldest" ] || echo "waiting ${oldest%.*} $folder"
done
for timer in /etc/systemd/system/timers.target.wants/howdah-* \
    /etc/systemd/system/paths.target.wants/howdah-archive-*; do
    [ ! -L "$timer" ] || echo "timer ${timer##*/}"
done
sha256sum /etc/systemd/system/howdah-backup-* /etc/systemd/system/howdah-drill-* \
    /etc/systemd/system/howdah-archive-* /etc/howdah/*/back_up.sh /etc/howdah/*/drill.sh \
    /srv/howdah/*/back_up.sh /srv/howdah/*/drill.sh /srv/howdah/*/push.sh 2> /dev/null | sed 's/^/sum /'
