# How the server is started and stopped: by systemd.
control() {
    # one that was started past its unit is in the unit's way
    case "$(systemctl is-active "$UNIT")" in
        inactive | failed) run_pg_ctl -m fast stop 2> /dev/null || : ;;
    esac
    systemctl reset-failed "$UNIT" 2> /dev/null # five starts in ten seconds would be refused
    # a killed run has written the drop-in, and systemd has not read it
    [ "$(systemctl show -P NeedDaemonReload "$UNIT")" = no ] || systemctl daemon-reload
    timeout 60 systemctl "$1" "$UNIT" # what takes longer, as a recovery may, goes on
}

run_pg_ctl() { as_server "$INSIDE_BINARIES/pg_ctl" -D "$INSIDE_DATA" -s "$@"; }

# The server's words from before its own log is open.
said_early() { journalctl --sync && journalctl -q -o cat -n 50 -u "$UNIT"; }

# A unit of systemd's does it.
prune_logs() { :; }
