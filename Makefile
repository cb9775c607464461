# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
CARGO ?= cargo
DATA ?= data/demo
LISTEN ?= 127.0.0.1:8343
TARGET := $(or $(CARGO_TARGET_DIR),target)
RELEASE := $(TARGET)/release/dienhong
DEBUG := $(TARGET)/debug/dienhong
# Files of black-box tests that run side by side, each with programs of its own: they mostly wait for each other's answers.
WORKERS ?= 3

.PHONY: help demo demo-reset web test test-rust test-blackbox kill-test bench screenshots lint deny fmt prerequisites generated

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: web ## Build everything, seed an Assembly on SQLite and serve it
	@echo "== Building the program (the first time takes some minutes; cargo shows what it is at)"
	$(CARGO) build --release --bin dienhong
	$(RELEASE) demo --data $(DATA) --listen $(LISTEN)

demo-reset: web ## As demo, but throw the demo's data away first
	$(CARGO) build --release --bin dienhong
	$(RELEASE) demo --data $(DATA) --listen $(LISTEN) --reset

web: web/dist/manifest.json ## Build the browser files (styles, scripts, fonts)

web/dist/manifest.json: web/package.json web/package-lock.json $(shell find web/src web/styles web/scripts -type f 2>/dev/null)
	@echo "== Building the browser files"
	cd web && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build

prerequisites: ## Install (or name) what the tests need beside Rust and Node
	tests/prerequisites

test: prerequisites web ## All tests: Rust on both engines, then the running program with other people's clients
	$(MAKE) --no-print-directory deny
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory test-rust
	$(MAKE) --no-print-directory test-blackbox

test-rust: ## The Rust tests alone
	DIENHONG_PYTHON=$(CURDIR)/tests/.venv/bin/python $(CARGO) nextest run --workspace --no-fail-fast

test-blackbox: ## The running program on both engines, driven by pyHanko, pdfsig, qpdf, veraPDF, schemathesis, Chromium with axe-core
	$(CARGO) build --bin dienhong
	DIENHONG_BIN=$(abspath $(DEBUG)) tests/.venv/bin/python -m pytest -c tests/pytest.ini -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=25 tests

kill-test: prerequisites ## SIGKILL a writer of the journal, then the whole server, a hundred times each under load; nothing acknowledged may be lost
	DIENHONG_KILLS=$${DIENHONG_KILLS:-100} $(CARGO) nextest run --workspace -E 'test(/crash|kill/)'
	$(CARGO) build --bin dienhong
	DIENHONG_KILLS=$${DIENHONG_KILLS:-100} DIENHONG_BIN=$(abspath $(DEBUG)) tests/.venv/bin/python -m pytest -c tests/pytest.ini -s tests/test_kill.py

bench: prerequisites web ## Measure, beside the machine's own limits and peers, in one run
	$(CARGO) build --release --workspace --bins
	tests/.venv/bin/python benches/service.py
	tests/.venv/bin/python benches/scale.py
	tests/.venv/bin/python benches/status.py
	$(CARGO) bench --workspace --bench acts
	$(CARGO) bench --workspace --bench papers
	$(CARGO) bench --workspace --bench certificates
	$(CARGO) bench --workspace --bench packages --bench hub --bench arrivals
	$(CARGO) run --release -p dienhong-signing --example speed -- $(CURDIR)/tests/.venv/bin/python
	tests/.venv/bin/pip install --quiet --disable-pip-version-check -r benches/requirements.txt
	DIENHONG_PEERS_PYTHON=$(CURDIR)/tests/.venv/bin/python $(CARGO) bench -p dienhong-statute

screenshots: ## Take the README's pictures from the running program
	$(CARGO) build --bin dienhong
	DIENHONG_BIN=$(abspath $(DEBUG)) tests/.venv/bin/python tests/screenshots.py

lint: ## Formatting and clippy
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

deny: ## Licences, advisories known to the lock file, banned and doubled crates
	@if command -v cargo-deny >/dev/null; then $(CARGO) fetch --locked --quiet && $(CARGO) deny --offline check bans licenses sources; \
	else echo "skipped: cargo-deny is not installed (cargo install --locked cargo-deny)"; fi

generated: ## Regenerate what is generated and committed (policy matrix, procedure table, OpenAPI)
	$(CARGO) run -p dienhong-policy --example matrix
	$(CARGO) run -p dienhong-procedure --example table
	-$(CARGO) nextest run -p dienhong-web -E 'test(description)'
	if [ -f docs/api/openapi.json.new ]; then mv docs/api/openapi.json.new docs/api/openapi.json; fi

fmt: ## Format the code
	$(CARGO) fmt --all
