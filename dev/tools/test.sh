#!/usr/bin/env bash
# Runs the tests against one Temporal server; each test takes a namespace of its own there.
set -euo pipefail
cd "$(dirname "$0")/../.."
temporal=.kite/tools/bin/temporal
[ -x "$temporal" ] || temporal=$(command -v temporal)
work=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$temporal" server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level error \
  --db-filename "$work/temporal.db" --sqlite-pragma journal_mode=WAL --sqlite-pragma synchronous=NORMAL \
  --dynamic-config-value history.transferProcessorMaxPollRPS=2000 \
  --dynamic-config-value frontend.enableCancelWorkerPollsOnShutdown=true >"$work/temporal.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  "$temporal" operator cluster health --address "127.0.0.1:$port" >/dev/null 2>&1 && break
  kill -0 $server 2>/dev/null || { echo "kite: the Temporal server did not start:" >&2; cat "$work/temporal.log" >&2; exit 1; }
  sleep 0.3
done
export KITE_TEST_TEMPORAL="127.0.0.1:$port"
if cargo nextest --version >/dev/null 2>&1; then
  # The browser tests have a command of their own, `make browser`.
  if [ $# -gt 0 ]; then cargo nextest run --workspace "$@"; else cargo nextest run --workspace -E 'not test(/^browser::/)'; fi
  # The same buyouts again with the data in PostgreSQL, unless somebody asked for certain tests.
  [ $# -gt 0 ] || KITE_TEST_DATABASE=postgres cargo nextest run --workspace -E 'binary(it) and package(tests) and test(/^buyout_/)'
else
  if [ $# -gt 0 ]; then cargo test --workspace "$@"; else cargo test --workspace -- --skip browser::; fi
  [ $# -gt 0 ] || KITE_TEST_DATABASE=postgres cargo test --workspace --test it -- buyout_
fi
