    # one that was started past its unit is in the unit's way
    case "$(systemctl is-active @UNIT@)" in
        inactive | failed) @OWNER@ @BINARIES@/pg_ctl -D @DATA@ -m fast -s stop 2>/dev/null || : ;;
    esac
    systemctl reset-failed @UNIT@ 2>/dev/null # five starts in ten seconds would be refused
    systemctl "$1" @UNIT@ || return
    # its start ends before the server answers, and does not tell when it does not
    turn=0
    until [ "$1" = stop ]; do
        { read -r pid; read -r _; read -r _; read -r port; read -r socket; } < @DATA@/postmaster.pid
        ! @BINARIES@/pg_isready -q -h "$socket" -p "$port" || return 0
        kill -0 "$pid" && [ $((turn += 1)) -le 600 ] || return 1
        sleep 0.1
    done
