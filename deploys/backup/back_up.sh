# Backs PostgreSQL up, as its OS user, and writes down how it went. $1: full or incr.
cd /
state=@STATE@
note() {
    printf '%s %s %s\n' "$(date +%s)" "$2" "$3" > "$state/$1.new" && mv "$state/$1.new" "$state/$1"
}
fault=
# shellcheck disable=SC2043 # their numbers
for repo in @REPOS@; do # each, whatever becomes of the others
    said=$(pgbackrest --stanza=@STANZA@ --repo="$repo" --type="$1" backup 2>&1) && continue
    line=$(printf '%s\n' "$said" | grep -m 1 ERROR) || line=$(printf '%s\n' "$said" | tail -n 1)
    case "$line" in *'[082]'*) # WAL does not arrive: what archives it has written down why
        why=$(grep -h ']' /var/spool/pgbackrest/archive/@STANZA@/out/*.error 2> /dev/null |
            head -n 1)
        [ -z "$why" ] || line="WAL is not archived: ${why#*\] }"
        ;;
    esac
    line=${line#*ERROR: }
    fault="repository $repo: ${line:-pgbackrest ended without a word}"
    printf '%s\n' "$said" >&2
done
note last "$1" "$fault"
[ -z "$fault" ] || exit 1
note good "$1" ""
