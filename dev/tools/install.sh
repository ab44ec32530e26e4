#!/usr/bin/env bash
# Brings the pinned tools into .kite/tools; does nothing when they are there already.
set -euo pipefail
cd "$(dirname "$0")/../.."
want=$(sha256sum dev/tools/requirements.txt | cut -d' ' -f1)
stamp=.kite/tools/installed
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then exit 0; fi
if ! command -v python3 >/dev/null; then
  echo "kite: Python 3 is needed to install the development tools (temporal, buf)" >&2
  exit 1
fi
echo "kite: installing the development tools into .kite/tools"
mkdir -p .kite
python3 -m venv .kite/tools || { echo "kite: python3 -m venv failed; install python3-venv" >&2; exit 1; }
.kite/tools/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: \
  -r dev/tools/requirements.txt || {
  if command -v temporal >/dev/null; then
    echo "kite: the pinned tools are not available for this platform; your own temporal is used" >&2
    exit 0
  fi
  echo "kite: the pinned tools could not be installed; put a temporal binary on PATH and try again" >&2
  exit 1
}
echo "$want" > "$stamp"
