#!/usr/bin/env bash
# cargo-deny, pinned, into .kite/tools; does nothing when it is there already. Takes a few minutes once.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=0.20.2
deny=.kite/tools/bin/cargo-deny
if [ -x "$deny" ] && [ "$("$deny" --version)" = "cargo-deny $version" ]; then exit 0; fi
echo "kite: building cargo-deny $version into .kite/tools"
cargo install cargo-deny --locked --quiet --version "$version" --root .kite/tools
