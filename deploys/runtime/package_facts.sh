# What the distribution and Debian's cluster have. A part of the snapshot.
facts() {
    # shellcheck source=/dev/null disable=SC2154 # the names are that file's
    (. /etc/os-release && echo "os$TAB$ID $VERSION_ID") 2> /dev/null
    echo "uid$TAB$(id -u)"
    [ ! -e "${BINARIES%/bin}/lib/pgaudit.so" ] || echo "pgaudit"
    # what roles-sql and the inventory ask for; apt is asked only where something is missing
    missing=
    for each in $MODULES; do
        kind=${each%%/*}
        names=${each#*/} # its own, and those of packages that may have it
        name=${names%%/*}
        case "$kind" in
            library) file=${BINARIES%/bin}/lib/$name.so ;;
            *) file=/usr/share/postgresql/$VERSION/extension/$name.control ;;
        esac
        [ -e "$file" ] && echo "module$TAB$kind $name" && continue
        missing="$missing $(echo "${names#*/}" | tr / ' ')"
    done
    installed=
    if [ -n "$PACKAGES" ]; then
        # shellcheck disable=SC2086 # a list of names
        installed=" $(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $PACKAGES 2> /dev/null |
            sed -n 's/^.i  *//p' | tr '\n' ' ')"
    fi
    for package in $PACKAGES; do
        case "$installed" in
            *" $package "*) echo "installed$TAB$package" ;;
            *) missing="$missing $package" ;;
        esac
    done
    if [ -n "$missing" ]; then
        ls /var/lib/apt/lists/*_Packages* > /dev/null 2>&1 && echo "lists"
        # without its caches, which it would write: a dry run leaves nothing
        # shellcheck disable=SC2086 # a list of names
        LC_ALL=C apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
            policy $missing 2> /dev/null |
            awk '/^[^ ]/ { name = $1; sub(/:$/, "", name) }
                $1 == "Candidate:" && $2 != "(none)" { print "candidate\t" name }'
    fi
    # unpacked is not installed: postgres may not even be a user yet
    [ -e "$MARKER" ] ||
        ! dpkg-query -W -f '${db:Status-Abbrev}\n' "$SERVER_PACKAGE" "$SERVER_PACKAGE-pgaudit" \
            2> /dev/null | grep -q '^.[UFH]' || echo "unpacked"
    if [ ! -e "$MARKER" ] && { [ -e "$DEBIAN" ] || { [ -e "$DATA" ] && [ -z "$FRESH" ]; }; }; then
        echo "foreign"
        version=
        { read -r version < "$DATA/PG_VERSION"; } 2> /dev/null
        [ "${version:-$VERSION}" = "$VERSION" ] || echo "unfit${TAB}other version"
        said=$(sed -n "s/^data_directory *= *'\([^']*\)'.*/\1/p" "$DEBIAN/postgresql.conf" \
            2> /dev/null)
        if [ -n "$version" ] && [ ! -e "$DEBIAN" ]; then # the volume of a host that was reinstalled
            echo "data_only"
            [ ! -L "$DATA" ] || echo "unfit${TAB}link"
        elif [ -z "$version" ] || [ ! -f "$DEBIAN/postgresql.conf" ]; then
            echo "unfit${TAB}halves"
        elif [ "$said" != "$DATA" ] || [ "$(stat -c %U "$DATA")" != postgres ]; then
            echo "unfit${TAB}elsewhere"
        fi
        [ "$said" = "$DATA" ] || [ ! -e "${said:-/}/PG_VERSION" ] || echo "data_of_another"
        {
            grep -v -e '^ *#' -e '^ *$' "$DEBIAN/environment"
            grep "^ *pg_ctl_options *= *'..*'" "$DEBIAN/pg_ctl.conf"
        } 2> /dev/null | grep -q . && echo "unfit${TAB}environment"
        ls "$DEBIAN"/conf.d/*.conf > /dev/null 2>&1 && echo "unfit${TAB}conf.d"
    fi
    # other clusters: those that Howdah has made, and data directories that it has not
    for marker in /etc/howdah/*-*/environment; do
        [ -e "$marker" ] && [ "$marker" != "$MARKER" ] || continue
        other=${marker%/environment}
        other=${other##*/}
        whose='' data='' release=''
        read -r whose < "$marker"
        place=$(sed -n "s/^data_directory = '\(.*\)'$/\1/p" "${marker%/*}/current/postgresql.conf" \
            2> /dev/null)
        place=${place:-/var/lib/postgresql/${other%%-*}/${other#*-}}
        [ ! -e "$place/PG_VERSION" ] || data=data
        [ ! -L "${marker%/*}/current" ] || release=release
        echo "beside$TAB$other$TAB$whose$TAB$data$TAB$release"
    done
    for place in /var/lib/postgresql/*/*/PG_VERSION; do
        [ -e "$place" ] && [ "$place" != "$DATA/PG_VERSION" ] || continue
        place=${place%/PG_VERSION}
        other=${place%/*}
        other=${other##*/}-${place##*/}
        # the folder is the server's, whose user may name one as it likes
        case "$other" in *[!A-Za-z0-9_.-]*) continue ;; esac
        [ -e "/etc/howdah/$other/environment" ] || echo "beside$TAB$other$TAB${TAB}data$TAB"
    done
    sed "s/^/drop_in$TAB/" "$DROP_IN" 2> /dev/null
    # where the server writes beside its data directory. Its user may have put any link there:
    # only folders count that have what PostgreSQL makes in them, where the unit lets it write
    # nothing else
    for link in "$DATA/pg_wal" "$DATA/pg_tblspc/"*; do
        [ -L "$link" ] || continue
        place=$(readlink -f "$link") || continue
        case "$place" in *[[:cntrl:]]*) continue ;; esac
        for made in "$place/archive_status" "$place/PG_${VERSION}_"*; do
            [ ! -d "$made" ] || echo "places$TAB$place"
        done
    done
    if [ ! -e "$DEBIAN/environment" ]; then # the last file that pg_createcluster makes
        echo "lacks${TAB}cluster"
    else
        # of a folder that is not root's only names that are known
        set -- -false
        for file in $LINKED_FILES; do
            set -- "$@" -o -name "$file" -lname "$CURRENT/$file"
        done
        # through these two the server reads the others
        find "$DEBIAN" -maxdepth 1 -type l \( "$@" \) -printf 'links\t%f\n' \
            \( -name postgresql.conf -o -name release.conf \) -printf 'linked\t%C@\n'
        { [ -L "$DEBIAN/postgresql.conf" ] && [ -L "$DEBIAN/release.conf" ]; } ||
            echo "linked${TAB}inf"
        said=
        { read -r said < "$DEBIAN/start.conf"; } 2> /dev/null
        [ "$said" = auto ] || echo "lacks${TAB}start.conf"
        enabled=/etc/systemd/system/multi-user.target.wants
        # shellcheck disable=SC2086 # a list of paths
        { [ "$(cat $LOG_FILES 2> /dev/null)" = "$LOG_TEXTS" ] && [ -L "$enabled/$LOGS.path" ]; } ||
            echo "lacks${TAB}log units"
        [ -L "$enabled/$UNIT.service" ] || echo "lacks${TAB}unit"
    fi
}
