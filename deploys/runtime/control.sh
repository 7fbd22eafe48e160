# What a release is put in force by. control start|stop|restart, run_pg_ctl, said_early and
# prune_logs are the runtime's. The first three wait for what they cause; a line where they fail.
start_server() { until_it_answers start && prune_logs; }
stop_server() { until_it_answers stop; }
restart_server() { until_it_answers restart && prune_logs; }
# a reload is a signal only; a server that was killed meanwhile has none to follow
reload_server() {
    cd /
    run_pg_ctl reload 2> /dev/null || start_server
}

# What killed the last server may still be at work on its remains: then it is tried again.
until_it_answers() {
    cd /
    # to the millisecond: a unit that starts itself again has failed in this second, too
    since=$(date -u '+%Y-%m-%d %H:%M:%S.%3N')
    for _ in 1 2 3 4 5; do
        control "$1" 2> /dev/null && return 0
        why=$({
            said_early
            # whatever it has written, as text or JSON
            ls -t "$LOG"/*.log "$LOG"/*.json | head -n 2 | tr '\n' '\0' |
                become xargs -0 tail -q -n 50
        } 2> /dev/null |
            awk -v since="$since" '{ sub(/^[{]"timestamp":"/, "") }
                $0 >= since && /FATAL|could not|No space/ && !/ (client|db)=|"remote_host"/' |
            sort | head -n 1) # not what a session says: its lines have a client
        case "$why" in
            *'already exists'* | *'shared memory block'*) sleep 1 ;;
            *) break ;;
        esac
    done
    why=$(printf '%s\n' "$why" | sed 's/^.*"message":"\([^"]*\).*/\1/' | messages)
    echo "${why:-see its log}$([ "$1" = stop ] || overriding "$why")" >&2
    return 1
}

# What ALTER SYSTEM has set wins over every release: named where a server does not start. It is
# the cause if the server's words are about the file, about a setting or about a value of it.
overriding() {
    as_owner env LC_ALL=C awk -v why="$1" -v file="$AUTO_CONF" '
        /^[ \t]*(#|$)/ { next }
        {
            name = $0
            sub(/^[ \t]+/, "", name)
            sub(/[ \t=].*/, "", name)
            all = all (all ? ", " : "") $0
            if (about($0, name)) its = its (its ? ", " : "") $0
        }
        END {
            if (its) printf "; the cause is in %s, take it out there: %s", file, its
            else if (all) printf "; the cause may be in %s: %s", file, all
        }
        function about(line, name, value, words, n, i) {
            if (index(why, file) || why ~ ("(^|[^a-z_.])" name "([^a-z_.]|$)")) return 1
            value = line
            sub(/^[^=]*= *.?/, "", value)
            sub(/.$/, "", value)
            if (length(value) > 2 && index(why, value)) return 1
            n = split(why, words, "\"") # one of a list is quoted
            for (i = 2; i < n; i += 2) if (words[i] && index(line, words[i])) return 1
            return 0
        }' "$AUTO_CONF" 2> /dev/null
}
