# `make demo` and `make test` do all the set-up on a Debian or Ubuntu machine; what is missing they name, all of it at once.
CARGO ?= cargo
SHELL := /bin/bash

.PHONY: help demo test check unit hosts core hosts-all settings recipes attacks attacks-all mutants fuzz fuzz-smoke false-alarms deny build clippy fmt doc bless clean
.DEFAULT_GOAL := help

help: ## what there is to make
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

# Boots three throwaway hosts and lets abide plan, apply, find drift, repair, and survive a reboot.
demo: need-demo ## throwaway hosts: plan, apply, drift, repair, reboot
	$(CARGO) build --quiet --bin abide
	@tests/demo/demo target/debug/abide

# Everything that CI runs.
test: need-test ## all tests, as CI runs them (about half an hour on two cores)
	$(CARGO) fmt --all --check
	shellcheck -x tests/needs tests/fleet/fleet tests/fleet/lib/*.sh tests/fleet/lib/variants/*/setup tests/fleet/lib/suites/*/before tests/demo/demo tests/guide/follow tests/hosts/aged/tool.sh tests/recipes/follow tests/attacks/table tests/false-alarms/count examples/ci/timer/abide-drift-tell tests/fuzz/run tests/dependencies/check .ci/run
	tests/dependencies/check
	RUST_TEST_THREADS=4 $(CARGO) test --workspace   # hosts mostly wait: more threads than cores
	@$(MAKE) --no-print-directory core
	ABIDE_FLEETS=30 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 $(CARGO) test --release -p abide-plan --lib -- properties forecast_fleets
	@$(MAKE) --no-print-directory clippy doc
	tests/demo/demo target/debug/abide >/dev/null
	tests/guide/follow target/debug/abide >/dev/null
	# The recipes wait for hosts while the fuzz targets are compiled.
	@said=$$(mktemp); echo "tests/recipes/follow target/debug/abide & tests/fuzz/run smoke"; \
	  tests/recipes/follow target/debug/abide >"$$said" 2>&1 & recipes=$$!; ended=0; \
	  tests/fuzz/run smoke || ended=1; \
	  wait $$recipes || { ended=1; echo "tests/recipes/follow:"; tail -n 200 "$$said"; }; \
	  rm -f "$$said"; exit $$ended

# Without hosts: what can be tested anywhere.
unit: need-cargo ## tests that need no host
	$(CARGO) test --workspace --lib --bins --test cli --test repository

# On real hosts only.
hosts: need-cargo ## tests on real hosts (systemd 252 and 257)
	@tests/fleet/fleet check
	RUST_TEST_THREADS=4 $(CARGO) test -p abide --test hosts

# The core set of the host tests (tests/hosts/core) on systemd 247 and 262. CORE_SUITES are the images that stand for
# bookworm and trixie. What cannot run there says so in a line that begins with `skipped:`.
CORE_SUITES ?= bullseye forky
core: need-cargo ## the core of them on systemd 247 and 262
	@tests/fleet/fleet check
	ABIDE_TEST_SUITES="$(CORE_SUITES)" RUST_TEST_THREADS=4 $(CARGO) test --workspace --test hosts -- --exact $$(grep -v '^#' tests/hosts/core)

# All host tests on systemd 247 and 262, 252 and 257, 254 and 257: more than half an hour on two cores.
hosts-all: need-cargo ## all tests on all hosts
	@tests/fleet/fleet check
	ended=0; for suites in "bullseye forky" "bookworm trixie" "bookworm-backports trixie"; do \
	  echo "== $$suites"; \
	  ABIDE_TEST_SUITES=$$suites RUST_TEST_THREADS=4 $(CARGO) test -p abide --test hosts || ended=1; \
	done; exit $$ended

# The table of settings by version of systemd (crates/abide-unit/data/settings.txt) from what the hosts' own systemd say.
settings: need-cargo ## the table of settings by version of systemd
	@tests/fleet/fleet check
	ABIDE_BLESS=1 $(CARGO) test -p abide --test hosts -- --exact settings::the_table_of_settings_is_what_the_hosts_say

# The recipes of examples/ci, on real hosts.
recipes: need-cargo ## the recipes of examples/ci
	$(CARGO) build --quiet --bin abide
	@tests/recipes/follow target/debug/abide

# Hostile users, hosts and manifests (tests/attacks), and the table of them in docs/security.md. ATTACKS=home runs those of
# one subject and keeps the other lines. `attacks-all` tells all the lies, half an hour's worth; without, a sample of them.
attacks: need-cargo ## hostile users, hosts and manifests, and their table in docs/security.md
	@tests/fleet/fleet check
	record=$$(mktemp) && trap 'rm -f "$$record"' EXIT && \
	  { ABIDE_ATTACKS=$$record RUST_TEST_THREADS=4 $(CARGO) test -p abide --test attacks -- --skip table:: $(ATTACKS); ran=$$?; \
	    tests/attacks/table "$$record" docs/security.md "$$(date -u +%F)" $(if $(ATTACKS),keep) && exit $$ran; }

attacks-all: export ABIDE_LIES = all
attacks-all: attacks

# Whether the tests of the planner and of what unit files mean notice each small change of the code (crates/README.md,
# "Mutants"). It takes hours: MUTANTS="--shard 0/8" does an eighth, MUTANTS="--in-diff FILE" what a diff touches.
mutants: need-cargo need-mutants ## does a test notice each small change of the planner? (hours)
	$(CARGO) mutants --package abide-plan --package abide-unit $(MUTANTS)

# Random inputs for everything that reads what others wrote (docs/fuzzing.md): FUZZ_SECONDS=600 or FUZZ_RUNS for each target.
fuzz: need-cargo ## random inputs for whatever reads what others wrote
	@tests/fuzz/run long $(FUZZ_TARGETS)

# A bounded part of it, the same every time.
fuzz-smoke: need-cargo ## a bounded part of that
	@tests/fuzz/run smoke

# What `validate` says of unit files that others ship (docs/false-alarms.md): DIR is a host's file tree, or holds such trees or
# unpacked packages. Ends with 1 where it calls one of them an error.
false-alarms: need-cargo ## what validate says of the unit files below DIR
	$(CARGO) build --quiet --bin abide
	@tests/false-alarms/count target/debug/abide $(DIR)

# Licences, sources, bans and advisories of the dependencies (deny.toml).
deny: need-cargo ## licences, sources and advisories of dependencies
	@tests/dependencies/check

build: need-cargo ## target/release/abide
	$(CARGO) build --release --bin abide

# What to run before each commit.
check: fmt clippy unit ## fmt, clippy, unit

fmt: need-cargo ## is it formatted?
	$(CARGO) fmt --all --check

clippy: need-cargo ## lints
	$(CARGO) clippy --workspace --all-targets --quiet -- $(CLIPPY_FLAGS)

doc: need-cargo ## documentation of the crates, without a warning
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --workspace --no-deps --quiet

bless: need-cargo ## schemas and reference pages anew, from the types
	$(CARGO) run --quiet -p abide -- schema > schemas/abide.schema.json.new && mv schemas/abide.schema.json.new schemas/abide.schema.json
	ABIDE_BLESS=1 $(CARGO) test --quiet -p abide-manifest -p abide-report --lib --test reference
	ABIDE_BLESS=1 $(CARGO) test --quiet -p abide --bin abide reference

clean: need-cargo ## removes what was built, and hosts whose owner is gone
	$(CARGO) clean
	@[ "$$(id -u)" -ne 0 ] || tests/fleet/fleet reap

.PHONY: need-cargo need-demo need-test need-mutants
need-cargo:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing. Install Rust 1.90 or newer: https://rustup.rs (or: apt-get install rustup && rustup default stable)"; exit 1; }
need-demo need-test: need-%:
	@CARGO=$(CARGO) tests/needs $*
need-mutants:
	@$(CARGO) mutants --version >/dev/null 2>&1 || { echo "cargo-mutants is missing: cargo install --locked cargo-mutants"; exit 1; }
