# Every target makes what it needs, the virtual environment included; `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS)
NEWEST := python3 python3.13 python3.12 python3.11
PIP := $(BIN)/python -m pip --disable-pip-version-check -q install

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ------------------------------------------------------------------------------------- environment

# Two stamps: what the program needs, and what its developers need.
.venv/.run: requirements/run.txt
	@echo "venv: Python packages that the program needs, pinned by hash"
	@test -x $(BIN)/python || for python in $(NEWEST); do \
	  if $$python -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    $$python -m venv .venv && break; fi; done
	@test -x $(BIN)/python || { echo "Python 3.11 or later with venv is needed" >&2; exit 1; }
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	@echo "venv: Python packages that tests and lint need, pinned by hash"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.oracles: requirements/oracles.txt .venv/.dev
	@echo "venv: oracles that share no code with ours (COSE, contracting data), pinned by hash"
	@$(BIN)/python -m venv .venv/oracles
	@.venv/oracles/bin/python -m pip --disable-pip-version-check -q install \
	  --require-hashes -r requirements/oracles.txt
	@touch $@

.PHONY: venv
venv: .venv/.dev .venv/.oracles ## make the virtual environment in .venv

.PHONY: pins
pins: .venv/.dev ## compile requirements/*.txt again from pyproject.toml
	@echo "pins: uv compiles for every platform, with hashes"
	@$(BIN)/uv pip compile pyproject.toml -q --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --group dev \
	  -o requirements/dev.txt
	@$(BIN)/uv pip compile pyproject.toml -q --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --group build \
	  -c requirements/dev.txt -o requirements/run.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  --group pyproject.toml:oracles -o requirements/oracles.txt

# --------------------------------------------------------------------------------------------- use

.PHONY: demo
demo: .venv/.run ## live through an invented city's days and check every proof
	@$(BIN)/tongjian demo
	@$(BIN)/python tools/journeys.py demo-ledger/journeys

.PHONY: new-service
new-service: .venv/.dev ## write an empty service that passes: make new-service NAME=parks
	@test -n "$(NAME)" || { echo "usage: make new-service NAME=parks" >&2; exit 2; }
	@$(BIN)/tongjian new-service $(NAME)

.PHONY: cometbft
cometbft: ## build CometBFT, the engine of networks, into ~/.cache/tongjian (needs Go)
	@tools/cometbft.sh

.PHONY: devnet
devnet: .venv/.run cometbft ## run a network of four nodes on this machine: make devnet VALIDATORS=7
	@$(BIN)/tongjian devnet --validators $${VALIDATORS:-4}

.PHONY: bench
bench: .venv/.dev ## measure against the limit of signatures: make bench ARGS=--quick
	@$(BIN)/python -m bench $(ARGS)

.PHONY: audit-million
audit-million: .venv/.dev ## an auditor at a million transactions, with bytes changed: ten minutes
	@nice -n 10 $(BIN)/python -m bench.auditing $(ARGS)

# ------------------------------------------------------------------------------------------- tests

.PHONY: test
test: .venv/.dev ## the fast tests
	@echo "test: everything that takes less than ten seconds each"
	@$(PYTEST) -m "not slow"

.PHONY: test-all
test-all: .venv/.dev ## every test, the slow ones too
	@echo "test-all: every test"
	@$(PYTEST) --durations=10

.PHONY: fuzz
fuzz: .venv/.dev ## every property with two thousand examples each
	@echo "fuzz: the properties, with many examples and a new seed"
	@$(PYTEST) -m "not slow" --hypothesis-profile=nightly --timeout=1800 -k "$${ONLY:-}"
	@$(BIN)/python tests/fuzz/run_atheris.py

.PHONY: sm-agreement
sm-agreement: .venv/.dev ## two SM2 libraries on a hundred thousand random cases
	@echo "sm-agreement: libcrypto and tongsuopy, some minutes"
	@PYTHONPATH=src:tests/support $(BIN)/python tests/support/sm2_agreement.py $${CASES:-100000}

.PHONY: faults
faults: .venv/.dev cometbft ## every fault at length, on one machine and in a network; as root
	@echo "faults: FAULT_ROUNDS=$${FAULT_ROUNDS:=500} kills on one machine, then each case of networks"
	@FAULT_ROUNDS=$${FAULT_ROUNDS:-500} $(BIN)/python tests/faults/table.py \
	  --write docs/operations/faults.md $(ARGS)

.PHONY: vectors
vectors: .venv/.dev ## write the golden vectors again and show what changed
	@echo "vectors: tests of services and test_vectors*.py write what they would compare"
	@$(BIN)/python -m pytest -q -p no:randomly --write-vectors -k "test_vectors or services"
	@git --no-pager diff --stat -- '*vectors*'

# ------------------------------------------------------------------------------- second verifier

JS := verifiers/js

$(JS)/node_modules/.stamp: $(JS)/package.json $(JS)/package-lock.json
	@echo "js: packages that the second verifier needs, pinned by hash"
	@cd $(JS) && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(JS)/dist/verifier.html: $(JS)/node_modules/.stamp $(JS)/build.mjs $(JS)/verify.mjs \
    $(wildcard $(JS)/src/*) $(wildcard $(JS)/page/*)
	@echo "js: types (tsc), then the page"
	@cd $(JS) && npm run --silent types && npm run --silent build

.PHONY: js
js: $(JS)/dist/verifier.html ## build the second verifier: JavaScript and its page (needs Node)

# ------------------------------------------------------------------------------- tools in Go

GO := tests/go

.PHONY: go-tools
go-tools: ## build what tests ask about our heads and tiles: Tessera, note (needs Go 1.24)
	@go="$$(command -v go || command -v /usr/local/go/bin/go || true)"; \
	[ -n "$$go" ] || { echo "go-tools: needs Go 1.24 (https://go.dev/dl)" >&2; exit 1; }; \
	cd $(GO) && nice -n 10 "$$go" build -trimpath -o build/c2sp .

# ------------------------------------------------------------------------------------------ checks

.PHONY: lint
lint: .venv/.dev ## format, ruff, determinism, the tree, import contracts
	@echo "lint: format and rules (ruff)"
	@$(BIN)/ruff format --check -q --output-format=concise . || { echo "run: make fix" >&2; exit 1; }
	@$(BIN)/ruff check -q --output-format=concise .
	@echo "lint: no float, no set order, no leftovers (tidy)"
	@$(BIN)/python tests/support/tidy.py
	@echo "lint: layers (import-linter)"
	@$(BIN)/lint-imports --no-logo > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }

.PHONY: types
types: .venv/.dev ## mypy and basedpyright, both strict
	@echo "types: mypy"
	@$(BIN)/mypy
	@echo "types: basedpyright, the program strict, the tests standard"
	@$(BIN)/basedpyright
	@$(BIN)/basedpyright -p tests/pyrightconfig.json

.PHONY: fix
fix: .venv/.dev ## format and apply the safe fixes
	@$(BIN)/ruff check -q --fix-only .
	@$(BIN)/ruff format .

.PHONY: docs
docs: .venv/.dev ## write docs/reference and the tables of the service pages
	@$(BIN)/tongjian docs

.PHONY: docs-check
docs-check: .venv/.dev ## refuse pages that are not fresh
	@$(BIN)/tongjian docs --check

.PHONY: clean
clean: ## remove what the tools made, but not your ledgers
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
	@rm -rf $(JS)/node_modules $(JS)/dist
