#!/usr/bin/env bash
# cargo-deny, pinned, into .kite/tools; does nothing when it is there already. Takes a minute or two once.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=0.20.2
deny=.kite/tools/bin/cargo-deny
if [ -x "$deny" ] && [ "$("$deny" --version)" = "cargo-deny $version" ]; then exit 0; fi
echo "kite: building cargo-deny $version into .kite/tools"
# It runs for seconds: what optimising it takes is never earned back.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256
export CARGO_PROFILE_RELEASE_DEBUG=0
cargo install cargo-deny --locked --quiet --version "$version" --root .kite/tools
