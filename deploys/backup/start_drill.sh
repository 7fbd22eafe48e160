# What the timer does, now.
systemctl start "$UNIT.service" || {
    line=$(as_owner head -c 500 "$STATE/drilled" | head -n 1 | cut -d ' ' -f 3-)
    fail "ERROR: ${line:-see journalctl -u $UNIT}"
}
# shellcheck disable=SC2046 # words
set -- $(as_owner head -n 1 "$STATE/proven")
echo "proven: $3 rows, in $2 s" >&3
