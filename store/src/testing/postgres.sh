# A PostgreSQL server in a temporary folder that lives until the standard input ends. Words that come there: "break"
# stops it where it stands, "start" starts it again. Arguments: folder of the binaries, port. PostgreSQL refuses to run
# as root.
bin=$1 port=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/kite-postgres.XXXXXX") || exit 1
exec 3<&0
as=
if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid=postgres --regid=postgres --clear-groups"
    chown postgres "$dir"
fi
cd "$dir"
start() {
    $as "$bin/postgres" -D "$dir/data" -h 127.0.0.1 -p "$port" -k "$dir" \
        -c fsync=off -c full_page_writes=off \
        -c max_connections=400 -c shared_buffers=32MB <&- 3<&- &
    server=$!
}
if $as "$bin/initdb" -D "$dir/data" -U kite -A trust -E UTF8 --locale=C --lc-ctype=C.UTF-8 --no-sync >&2; then
    start
    while read -r word <&3; do
        case $word in
        break) kill -QUIT "$server"; wait "$server" ;;
        start) start ;;
        esac
    done
    kill -QUIT "$server" 2>&-
    wait "$server"
fi
cd /
rm -rf "$dir"
