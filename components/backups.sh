# What this host has of backups: those of all its clusters.
for state in /var/lib/howdah/*.backups; do
    [ -d "$state" ] || continue
    stanza=${state##*/}
    stanza=${stanza%.backups}
    for word in good last made proven drilled; do # written by the server's OS user: read as he may
        line=$(setpriv --reuid=postgres --regid=postgres --clear-groups \
            head -c 500 "$state/$word" 2> /dev/null | head -n 1) || continue
        [ -z "$line" ] || echo "$word $stanza $line"
    done
done
for link in /etc/pgbackrest/conf.d/*.conf; do
    [ ! -L "$link" ] || echo "link $(readlink "$link") $link"
done
for timer in /etc/systemd/system/timers.target.wants/howdah-*; do
    [ ! -L "$timer" ] || echo "timer ${timer##*/}"
done
sha256sum /etc/systemd/system/howdah-backup-* /etc/systemd/system/howdah-drill-* \
    /etc/howdah/*/back_up.sh /etc/howdah/*/drill.sh 2> /dev/null | sed 's/^/sum /'
