# `make demo` and `make test` do all the set-up on a Debian or Ubuntu machine; what is missing they name.
CARGO ?= cargo
SHELL := /bin/bash

.PHONY: demo test check unit hosts core hosts-all recipes attacks attacks-all mutants fuzz fuzz-smoke deny build clippy fmt doc clean

# Boots three throwaway hosts and lets abide plan, apply, find drift, repair, and survive a reboot.
demo: need-cargo
	@tests/fleet/fleet check
	$(CARGO) build --quiet --bin abide
	@tests/demo/demo target/debug/abide

# Everything that CI runs.
test: need-cargo need-shellcheck need-recipes
	@tests/fleet/fleet check
	$(CARGO) fmt --all --check
	shellcheck -x tests/fleet/fleet tests/fleet/lib/*.sh tests/fleet/lib/variants/*/setup tests/fleet/lib/suites/*/before tests/demo/demo tests/guide/follow tests/recipes/follow tests/attacks/table examples/ci/timer/abide-drift-tell tests/fuzz/run tests/dependencies/check .ci/run
	tests/dependencies/check
	RUST_TEST_THREADS=4 $(CARGO) test --workspace   # hosts mostly wait: more threads than cores
	@$(MAKE) --no-print-directory core
	ABIDE_FLEETS=30 CARGO_PROFILE_RELEASE_LTO=off $(CARGO) test --release -p abide-plan --lib -- properties forecast_fleets
	$(CARGO) clippy --workspace --all-targets --quiet -- $(CLIPPY_FLAGS)
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --workspace --no-deps --quiet
	tests/demo/demo target/debug/abide >/dev/null
	tests/guide/follow target/debug/abide >/dev/null
	tests/recipes/follow target/debug/abide >/dev/null
	tests/fuzz/run smoke

# Without hosts: what can be tested anywhere.
unit: need-cargo
	$(CARGO) test --workspace --lib --bins --test cli

# On real hosts only.
hosts: need-cargo
	@tests/fleet/fleet check
	RUST_TEST_THREADS=4 $(CARGO) test -p abide --test hosts

# The core set of the host tests (tests/hosts/core) on systemd 247 and 262. CORE_SUITES are the images that stand for
# bookworm and trixie. What cannot run there says so in a line that begins with `skipped:`.
CORE_SUITES ?= bullseye forky
core: need-cargo
	@tests/fleet/fleet check
	ABIDE_TEST_SUITES="$(CORE_SUITES)" RUST_TEST_THREADS=4 $(CARGO) test -p abide --test hosts -- --exact $$(grep -v '^#' tests/hosts/core)

# All host tests on systemd 247 and 262, 252 and 257, 254 and 257: more than half an hour on two cores.
hosts-all: need-cargo
	@tests/fleet/fleet check
	ended=0; for suites in "bullseye forky" "bookworm trixie" "bookworm-backports trixie"; do \
	  echo "== $$suites"; \
	  ABIDE_TEST_SUITES=$$suites RUST_TEST_THREADS=4 $(CARGO) test -p abide --test hosts || ended=1; \
	done; exit $$ended

# The recipes of examples/ci, on real hosts.
recipes: need-cargo
	$(CARGO) build --quiet --bin abide
	@tests/recipes/follow target/debug/abide

# Hostile users, hosts and manifests (tests/attacks), and the table of them in docs/security.md. ATTACKS=home runs those of
# one subject and keeps the other lines. `attacks-all` tells all the lies, half an hour's worth; without, a sample of them.
attacks: need-cargo
	@tests/fleet/fleet check
	record=$$(mktemp) && trap 'rm -f "$$record"' EXIT && \
	  { ABIDE_ATTACKS=$$record RUST_TEST_THREADS=4 $(CARGO) test -p abide --test attacks -- --skip table:: $(ATTACKS); ran=$$?; \
	    tests/attacks/table "$$record" docs/security.md "$$(date -u +%F)" $(if $(ATTACKS),keep) && exit $$ran; }

attacks-all: export ABIDE_LIES = all
attacks-all: attacks

# Whether the tests of the planner and of what unit files mean notice each small change of the code (crates/README.md,
# "Mutants"). It takes hours: MUTANTS="--shard 0/8" does an eighth, MUTANTS="--in-diff FILE" what a diff touches.
mutants: need-cargo need-mutants
	$(CARGO) mutants --package abide-plan --package abide-unit $(MUTANTS)

# Random inputs for everything that reads what others wrote (docs/fuzzing.md): FUZZ_SECONDS=600 or FUZZ_RUNS for each target.
fuzz: need-cargo
	@tests/fuzz/run long $(FUZZ_TARGETS)

# A bounded part of it, the same every time.
fuzz-smoke: need-cargo
	@tests/fuzz/run smoke

# Licences, sources, bans and advisories of the dependencies (deny.toml).
deny: need-cargo
	@tests/dependencies/check

build: need-cargo
	$(CARGO) build --release --bin abide

.PHONY: need-cargo need-shellcheck need-recipes need-mutants
need-cargo:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing. Install Rust 1.90 or newer: https://rustup.rs (or: apt-get install rustup && rustup default stable)"; exit 1; }
need-shellcheck:
	@command -v shellcheck >/dev/null || { echo "shellcheck is missing: sudo apt-get install shellcheck"; exit 1; }
need-recipes:
	@command -v jq >/dev/null && python3 -c 'import yaml' 2>/dev/null || { echo "jq or Python's yaml is missing: sudo apt-get install jq python3-yaml"; exit 1; }
need-mutants:
	@$(CARGO) mutants --version >/dev/null 2>&1 || { echo "cargo-mutants is missing: cargo install --locked cargo-mutants"; exit 1; }
