# Holds the lock of a host for as long as it hears from somebody at the other end of its input.
# $1: the lock's file; $2: the mode of its folder where that is made; $3: seconds to wait for it;
# $4: seconds of silence that end it; $5: who takes it. Answers held or taken, and who had it
# before.
folder=${1%/*}
[ -d "$folder" ] || said=$(mkdir -m "$2" "$folder" 2>&1) || [ -d "$folder" ] || {
    echo "$said"
    exit
}
exec 8>> "$1" || exit
flock -w "$3" 8
free=$?
before=
read -r before < "$1"
[ $free = 0 ] || { printf 'taken\t%s\n' "$before"; exit; }
printf '%s\n' "$5" > "$1"
printf 'held\t%s\n' "$before"
while [ -n "$(timeout "$4" head -c 1 | tr '\n' +)" ]; do :; done
