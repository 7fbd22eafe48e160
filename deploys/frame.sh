# $1: a script, whose own part stands between two lines, on stdout and on stderr alike.
printf '\n%s\n' "$BEGIN"
printf '\n%s\n' "$BEGIN" >&2
sh -c "$1"
code=$?
printf '\n%s\n' "$END"
printf '\n%s\n' "$END" >&2
exit $code
