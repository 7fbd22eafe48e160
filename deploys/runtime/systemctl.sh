    # one that was started past its unit is in the unit's way
    case "$(systemctl is-active @UNIT@)" in
        inactive | failed) @OWNER@ @BINARIES@/pg_ctl -D @DATA@ -m fast -s stop 2>/dev/null || : ;;
    esac
    systemctl reset-failed @UNIT@ 2>/dev/null # five starts in ten seconds would be refused
    # a killed run has written the drop-in, and systemd has not read it
    [ "$(systemctl show -P NeedDaemonReload @UNIT@)" = no ] || systemctl daemon-reload
    timeout 60 systemctl "$1" @UNIT@ # what takes longer, as a recovery may, goes on
