# What makes dumps, and the first of them.
umask 022
install -d -m 0700 ${DUMPER:+-o "$DUMPER" -g "$DUMPER"} "$FOLDER"
put_files
[ -z "$UNIT" ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload
[ -z "$FIRST" ] || start_dump
[ -z "$UNIT" ] || [ ! -d /run/systemd/system ] || systemctl enable --now "$UNIT.timer"
