# Holds the lock of a host for as long as it hears from somebody at the other end of its input.
# LOCK_FILE: the lock's file; LOCK_MODE: the mode of its folder where that is made; WAIT: seconds to
# wait for it; SILENCE: seconds of silence that end it; TAKER: who takes it. Answers held or taken,
# and who had it before.
folder=${LOCK_FILE%/*}
[ -d "$folder" ] || said=$(mkdir -m "$LOCK_MODE" "$folder" 2>&1) || [ -d "$folder" ] || {
    echo "$said"
    exit
}
exec 8>> "$LOCK_FILE" || exit
flock -w "$WAIT" 8
free=$?
before=
read -r before < "$LOCK_FILE"
[ $free = 0 ] || {
    printf 'taken\t%s\n' "$before"
    exit
}
printf '%s\n' "$TAKER" > "$LOCK_FILE"
printf 'held\t%s\n' "$before"
while [ -n "$(timeout "$SILENCE" head -c 1 | tr '\n' +)" ]; do :; done
