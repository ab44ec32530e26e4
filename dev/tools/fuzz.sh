#!/usr/bin/env bash
# Runs each target of fuzz/ under the coverage-guided fuzzer for KITE_FUZZ_SECS (20). The first time everything is compiled
# with counters in it, a quarter of an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=0.13.1
seconds="${KITE_FUZZ_SECS:-20}"
tools="$PWD/.kite/tools"
if [ ! -x "$tools/bin/cargo-fuzz" ]; then
    echo "kite: installing cargo-fuzz $version into .kite/tools"
    cargo install cargo-fuzz --version "$version" --locked --quiet --root "$tools"
fi

cd fuzz
# The stable compiler with the unstable flags of the coverage pass. One piece for each crate, which cargo-fuzz asks for,
# would leave a core idle.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="${RUSTFLAGS:-} -Ccodegen-units=16"
"$tools/bin/cargo-fuzz" build --sanitizer none

failed=()
for source in fuzz_targets/*.rs; do
    target="$(basename "$source" .rs)"
    mkdir -p "corpus/$target" logs
    log="logs/$target.log"
    if "$tools/bin/cargo-fuzz" run --sanitizer none "$target" "corpus/$target" "../tests/corpus/$target" -- \
        -max_total_time="$seconds" -timeout=10 -print_final_stats=1 >"$log" 2>&1; then
        awk -v target="$target" '
            /stat::number_of_executed_units/ { inputs = $2 }
            /stat::new_units_added/ { new = $2 }
            END { printf "%-12s %9d inputs, %6d of them new ways through\n", target, inputs, new }' "$log"
    else
        failed+=("$target")
        echo "$target failed, see fuzz/$log; the input lies in fuzz/artifacts/$target"
    fi
done
if [ "${#failed[@]}" -gt 0 ]; then
    echo "kite: an input was too much for ${failed[*]}"
    exit 1
fi
