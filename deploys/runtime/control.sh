# What a release is put in force by. control start|stop|restart waits for what it causes.
control() {
    @CONTROL@
}
start_server() { until_it_answers start; }
stop_server() { until_it_answers stop; }
restart_server() { until_it_answers restart; }
# a server that was killed meanwhile has no reload to follow
reload_server() { cd / && @PGCTL@ reload 2>/dev/null || start_server; }

# What killed the last server may still be at work on its remains: then it is tried again.
until_it_answers() {
    cd /
    since=$(date -u '+%Y-%m-%d %H:%M:%S')
    for attempt in 1 2 3 4 5; do
        control "$1" 2>/dev/null && return 0
        why=$({
            @SAID@
            ls -t @LOGS@ | head -n 2 | tr '\n' '\0' | xargs -0 tail -q -n 50
        } 2>/dev/null |
            awk -v since="$since" '$0 >= since && /FATAL|could not|No space/ && !/ db=/' |
            sort | head -n 1) # not what a session says: its lines have a database
        case "$why" in
            *'already exists'* | *'shared memory block'*) sleep 1 ;;
            *) break ;;
        esac
    done
    echo "${why:-see its log}" >&2
    return 1
}
