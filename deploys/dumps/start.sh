# What the timer does, now.
start_dump() {
    if [ -n "$UNIT" ] && [ -d /run/systemd/system ]; then
        systemctl start "$UNIT.service" || {
            line=$(as_dumper head -c 500 "$FOLDER/last" | head -n 1 | cut -d ' ' -f 3-)
            fail "ERROR: ${line:-see journalctl -u $UNIT}"
        }
        as_dumper head -n 1 "$FOLDER/last" | cut -d ' ' -f 3- >&3
    else
        said=$(as_dumper sh "$SCRIPT" 2>&1 > /dev/null) || fail "ERROR: ${said#*ERROR: }"
    fi
}
