# Units of backups and dumps, and what they have written down. What they have made stays.
remove_units() {
    cd /etc/systemd/system || exit
    for unit in howdah-*-"$STANZA"[.@]*; do
        case "$unit" in *.timer) systemctl disable --now "$unit" ;; esac
        rm -f "$unit"
    done
    cd /
    rm -rf "/etc/pgbackrest/conf.d/$STANZA.conf" "/var/lib/howdah/$STANZA.backups" \
        /var/lib/systemd/timers/stamp-howdah-*-"$STANZA"[.@]*
}
