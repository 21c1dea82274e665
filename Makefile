# Everything a person does here has a target; `make` alone lists them.

SHELL      := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS  += --no-print-directory

BIN        := .venv/bin
PYTHON     := $(BIN)/python
JOBS       ?= 2
# Extra arguments: `make test ARGS=tests/unit`, `make demo ARGS=--help`.
ARGS       ?=

MINGJING   := $(BIN)/mingjing
DEMO       := $(MINGJING) demo --fast
RUN        := $(MINGJING) demo --serve
# A worker takes a whole file; tests/conftest.py has the long ones first, which pytest-xdist would put last.
PYTEST     := $(PYTHON) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations=15
# Where Debian's Go cannot be had, its verdict is left out of `make test`; `make judges` insists on it.
# Lighthouse takes minutes: `make judges` alone asks it.
UNJUDGED    = $(if $(shell command -v go),--ignore=tests/judges/test_judges_lighthouse.py,--ignore=tests/judges)
BENCH      := $(PYTHON) -m benchmarks
PACKAGES   := bidding evaluation guarantees ledger web

DEFINITION := setup.cfg pyproject.toml deploy/constraints.txt deploy/setup.sh

.NOTPARALLEL:
.PHONY: help setup run demo test long bench judges lint format clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/.run ## install the platform into .venv

run: .venv/.run ## play the demonstration and leave the platform up (Ctrl-C ends it)
	$(RUN) $(ARGS)

demo: .venv/.run ## play a tender of three lots at full speed and verify its bundle
	$(DEMO) $(ARGS)

test: .venv/.test lint ## lint, and the whole test suite with seeded samples
	$(PYTEST) $(UNJUDGED) $(ARGS)

long: .venv/.test ## the test suite with its full counts (hours)
	MINGJING_LONG=1 $(PYTEST) $(UNJUDGED) $(ARGS)

bench: .venv/.dev ## ratios against the bare operations
	$(BENCH) $(ARGS)

judges: .venv/.judges ## outside programs judge our formats and pages (Go's sumdb, Lighthouse)
	MINGJING_LONG=1 $(PYTHON) -m pytest tests/judges $(ARGS)

lint: .venv/.dev ## ruff, mypy --strict, import contracts, bandit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit -q -c pyproject.toml -r $(PACKAGES)

format: .venv/.dev ## format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove .venv, build/ and every cache
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps of what is installed. A changed pin, constraint or script installs again.
.venv/.run: $(DEFINITION)
	deploy/setup.sh run
	@touch $@

.venv/.dev: $(DEFINITION)
	deploy/setup.sh dev
	@touch .venv/.run $@

.venv/.test: .venv/.dev
	deploy/setup.sh test
	@touch $@

.venv/.judges: .venv/.test
	deploy/setup.sh judges
	@touch $@
