#!/usr/bin/env bash
# Runs the tests against one Temporal server and one PostgreSQL server; each test takes a namespace and a database of its
# own there.
set -euo pipefail
cd "$(dirname "$0")/../.."
temporal=.kite/tools/bin/temporal
[ -x "$temporal" ] || temporal=$(command -v temporal)
# What tests write is gone with them: in memory where there is room, so that nobody waits for a disk that others share.
if [ "$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)" -ge $((6 << 20)) ] 2>/dev/null; then
  work=$(mktemp -d -p /dev/shm kite.XXXXXX)
else
  work=$(mktemp -d)
fi
# PostgreSQL has to get to its own folder below.
chmod 711 "$work"
mkdir -m 1777 "$work/tmp"
export TMPDIR=$work/tmp
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$temporal" server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level error \
  --db-filename "$work/temporal.db" --sqlite-pragma journal_mode=WAL --sqlite-pragma synchronous=NORMAL \
  --dynamic-config-value history.transferProcessorMaxPollRPS=2000 \
  --dynamic-config-value frontend.enableCancelWorkerPollsOnShutdown=true >"$work/temporal.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
# It lives as long as this end of the pipe is open.
mkfifo "$work/postgres"
bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1) ||
  { echo "kite: PostgreSQL is not installed: apt-get install postgresql" >&2; exit 1; }
postgres=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
LC_ALL=C setsid sh store/src/testing/postgres.sh "$bin" "$postgres" \
  <"$work/postgres" >"$work/postgres.log" 2>&1 &
watcher=$!
exec 9>"$work/postgres"
trap 'kill $server 2>/dev/null || true; exec 9>&-; wait $server $watcher 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  "$temporal" operator cluster health --address "127.0.0.1:$port" >/dev/null 2>&1 && break
  kill -0 $server 2>/dev/null || { echo "kite: the Temporal server did not start:" >&2; cat "$work/temporal.log" >&2; exit 1; }
  sleep 0.3
done
export KITE_TEST_TEMPORAL="127.0.0.1:$port"
for _ in $(seq 100); do
  "$bin/pg_isready" -q -h 127.0.0.1 -p "$postgres" && break
  kill -0 $watcher 2>/dev/null || { echo "kite: PostgreSQL did not start:" >&2; cat "$work/postgres.log" >&2; exit 1; }
  sleep 0.3
done
export KITE_TEST_POSTGRES=$postgres
# See .config/nextest.toml.
export NEXTEST_TEST_THREADS=${NEXTEST_TEST_THREADS:-$(( 4 * $(nproc) ))}
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --workspace "$@" 9>&-
else
  cargo test --workspace "$@" 9>&-
fi
