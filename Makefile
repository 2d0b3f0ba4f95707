# Everything a person types. `make run` and `make test` work on a fresh machine with Rust, Node 20+ and make.

SHELL := /bin/bash
.DEFAULT_GOAL := run
.PHONY: run test check ui types fmt bench dist clean built ui-test rust-test browser-test workspace conformance model-gateway agents

NPM_CI = npm ci --no-audit --no-fund --loglevel=error
# A checkout without git (a release archive) has no commit to tell.
export CODA_COMMIT ?= $(shell git rev-parse --short HEAD 2>/dev/null)

## run: build everything, the page included, and start it
run: ui
	cargo run --release -- serve

## test: everything CI runs
test: check ui-test rust-test conformance browser-test
	@echo "all tests passed"

## check: formatting and lints, warnings denied
check: static/dist/index.html
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo check --locked # with no more features than it says

## ui: the page, into static/dist
ui: static/dist/index.html

static/node_modules/.package-lock.json: static/package-lock.json
	cd static && $(NPM_CI)
	@touch $@

static/dist/index.html: static/node_modules/.package-lock.json $(shell find static/src static/public static/index.html static/vite.config.ts static/compressed.ts -type f)
	cd static && npm run build
	@touch $@

## types: the page's types and the OpenAPI document, from the Rust types
types:
	WRITE_TYPES=1 cargo test --lib http::wire

ui-test: ui
	cd static && npm run check && npm test

tests/%/node_modules/.package-lock.json: tests/%/package-lock.json
	cd tests/$* && $(NPM_CI)
	@touch $@

# The programs as `cargo test` builds them; by `cargo build` everything would be compiled once more, for features that
# only tests ask for.
BUILT = $(abspath $(or $(CARGO_TARGET_DIR),target))/debug
built:
	cargo test --locked --workspace --no-run

rust-test: ui tests/screen/node_modules/.package-lock.json
	tests/tools.sh
	programs=$$(tests/agents/install) && CODA_AGENTS=$$programs cargo test --locked --workspace

browser-test: ui built tests/browser/node_modules/.package-lock.json
	tests/browser/ensure-browser.sh
	cd tests/browser && CODA=$(BUILT)/coda npm test

## conformance: the official Databricks clients against the workspace emulator
conformance: built
	WORKSPACE=$(BUILT)/workspace tests/conformance/run

## workspace: a Databricks workspace on this machine, to try things out without an account (tests/workspace/README.md)
workspace:
	cargo run --quiet --locked -p workspace

## model-gateway: the model side on this machine: scripted answers in four wire formats (tests/model_gateway/README.md)
model-gateway:
	cargo run --quiet --locked -p model_gateway

## agents: Claude Code, Codex, Gemini CLI, OpenCode and Hermes, fetched once, against the mock of the model side
agents:
	programs=$$(tests/agents/install) && CODA_AGENTS=$$programs cargo test --locked -p model_gateway --test agents -- --ignored --test-threads=2

## bench: what the README's figures come from
bench: ui
	cargo bench --bench coda

## dist: the release binary, page inside, with completions and manual pages
dist: ui
	cargo build --profile dist --locked
	mkdir -p dist && cp target/dist/coda dist/coda
	dist/coda generate dist
	@ls -l dist/coda

clean:
	cargo clean
	rm -rf dist static/dist static/node_modules tests/browser/node_modules tests/screen/node_modules
