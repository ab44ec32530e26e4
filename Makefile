# Every command that a person or CI runs.

.PHONY: help demo demo-once up test soak fuzz bench histories browser screens lint style tools packages web

help:
	@echo "make demo       bring everything up, play a buyout, stay up until Ctrl-C"
	@echo "make demo-once  the same, then stop; exit status says whether the buyout ended DONE"
	@echo "make up         bring everything up without playing"
	@echo "make test       all tests"
	@echo "make bench      how fast it is, against its goals; about twenty minutes, see docs/performance.md"
	@echo "make soak       100 buyouts while everything is killed for ten minutes, see docs/testing.md"
	@echo "make fuzz       every parser of bytes from outside under a coverage-guided fuzzer, see docs/testing.md"
	@echo "make web        build the staff UI into web/dist"
	@echo "make browser    of all tests, only the staff UI in a real browser"
	@echo "make screens    take the pictures of docs/screens anew"
	@echo "make histories  record the histories of this release anew, see docs/adding-a-process.md"
	@echo "make lint       clippy, and what make style looks at"
	@echo "make style      formatting, licences and sources, proto, the staff UI"

tools:
	@dev/tools/install.sh

packages:
	@dev/tools/packages.sh

web: tools
	@dev/tools/web.sh

demo: tools web
	@cargo run --quiet --bin kite-dev -- demo

demo-once: tools web
	@cargo run --quiet --bin kite-dev -- demo --once

up: tools web
	@cargo run --quiet --bin kite-dev -- up

test: tools packages web
	@cd web && npx vitest run --project unit
	@dev/tools/test.sh

# A server of the bench's own, whatever TEMPORAL_ADDRESS says. ROWS="lists start" measures some rows alone.
bench: tools packages
	@cargo build --quiet --release -p bench -p api-gateway -p workers
	@env -u TEMPORAL_ADDRESS target/release/kite-bench $(ROWS)

soak: tools packages
	@NEXTEST_PROFILE=soak KITE_KILL_RUNS=$${KITE_KILL_RUNS:-100} KITE_KILL_SECS=$${KITE_KILL_SECS:-540} \
		KITE_KILL_SEED=$${KITE_KILL_SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')} \
		dev/tools/test.sh --test it -- kill::

fuzz:
	@dev/tools/fuzz.sh

browser: tools packages web
	@dev/tools/test.sh --test it -- browser::

screens: tools packages web
	@KITE_SCREENS=1 dev/tools/test.sh --test it -- browser::every_screen_fits_and_is_accessible

histories: tools packages
	@KITE_RECORD_HISTORIES=1 dev/tools/test.sh --test it -- --skip replay:: --skip browser::

lint: style
	cargo clippy --workspace --all-targets -- -D warnings

style: tools web
	@dev/tools/lint-tools.sh
	cargo fmt --all --check
	.kite/tools/bin/cargo-deny check bans licenses sources
	.kite/tools/bin/buf lint proto
	.kite/tools/bin/buf breaking proto --against proto/released.binpb
	cd web && npx tsc --noEmit -p tsconfig.json && npx eslint . && npx prettier --check --log-level warn .
