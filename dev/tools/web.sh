#!/usr/bin/env bash
# Builds the staff UI into web/dist; does nothing when neither its sources nor the API changed.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v node >/dev/null || [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" != true ]; then
  echo "kite: Node.js 20 or newer is needed to build the staff UI (web/)" >&2
  exit 1
fi
cd web
lock=$(sha256sum package-lock.json | cut -d' ' -f1)
if [ ! -f node_modules/.kite-lock ] || [ "$(cat node_modules/.kite-lock)" != "$lock" ]; then
  echo "kite: installing the packages of the staff UI"
  npm ci --no-progress --loglevel=error
  echo "$lock" >node_modules/.kite-lock
fi
sources=$({ find src public ../proto/kite -type f -not -path 'src/gen/*' | LC_ALL=C sort | xargs sha256sum
  sha256sum index.html vite.config.ts tsconfig.json buf.gen.yaml package-lock.json; } | sha256sum | cut -d' ' -f1)
if [ -f dist/index.html ] && [ -f dist/.kite-sources ] && [ "$(cat dist/.kite-sources)" = "$sources" ]; then exit 0; fi
echo "kite: building the staff UI"
npx buf generate
npx vite build --logLevel warn
echo "$sources" >dist/.kite-sources
