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
    [ -L "$link" ] || continue
    echo "link $(readlink "$link") $link"
    stanza=${link##*/}
    stanza=${stanza%.conf}
    key=$(sed -n 's/^repo1-cipher-pass=//p' "$link" 2> /dev/null) || continue
    [ -z "$key" ] || echo "key $stanza $(printf '%s' "$key" | sha256sum | cut -d ' ' -f 1)"
    data=$(sed -n 's/^pg1-path=//p' "$link")
    # the first of pg_control is the system identifier
    system=$(od -An -tu8 -N8 "$data/global/pg_control" 2> /dev/null) || continue
    echo "system $stanza ${system##* }"
done
for timer in /etc/systemd/system/timers.target.wants/howdah-*; do
    [ ! -L "$timer" ] || echo "timer ${timer##*/}"
done
sha256sum /etc/systemd/system/howdah-backup-* /etc/systemd/system/howdah-drill-* \
    /etc/howdah/*/back_up.sh /etc/howdah/*/drill.sh 2> /dev/null | sed 's/^/sum /'
