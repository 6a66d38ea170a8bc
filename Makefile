# Everything a person does with this checkout. `make help` lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
SIZE   ?= 10000000
SECONDS ?= 60
RUNS    ?= 5000
SEED    ?= 20260615

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check bench chaos docs format lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# durable_rules is an sdist: it is compiled here, against hashed build tools. Its setup.py overwrites
# CFLAGS, so the one definition that Python 3.13 and later need goes through CPPFLAGS.
$(VENV)/.runtime: requirements-build.lock requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kaohe needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements-build.lock
	CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject $(PIP) --no-build-isolation -r requirements.lock
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject $(PIP) --no-build-isolation -r requirements-dev.lock
	@touch $@

# Where nothing compiled is kept, each of the tests' many processes compiles all of kaohe again: a second of work.
test test-all chaos: export PYTHONDONTWRITEBYTECODE =

demo: $(VENV)/.runtime ## the whole path on bundled sample shops, then where to look
	@$(BIN)/kaohe demo

test: $(VENV)/.dev ## the suite, a real PostgreSQL and SMTP server included (minutes)
	$(BIN)/pytest -n auto --dist worksteal -m "not slow"

test-all: $(VENV)/.dev ## the suite and everything that takes longer
	$(BIN)/pytest -n auto --dist worksteal

check: $(VENV)/.dev ## format, lint, types, layers, rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/kaohe rules check
	$(BIN)/kaohe mappings check

bench: $(VENV)/.dev ## figures for docs/performance.md; SIZE=… messages (default 10,000,000)
	$(BIN)/python -m bench --size $(SIZE)

chaos: $(VENV)/.dev ## workers killed, servers stopped, 60 days away: a table; SECONDS=… RUNS=… SEED=…
	CHAOS_SECONDS=$(SECONDS) CHAOS_RUNS=$(RUNS) CHAOS_SEED=$(SEED) $(BIN)/pytest -s tests/chaos

docs: $(VENV)/.runtime ## the pages in docs/rules, written anew from rulesets/
	$(BIN)/python -m console.rule_markdown docs/rules

format: $(VENV)/.dev ## put the code in its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## resolve the four lock files again (needs uv)
	uv pip compile -q --universal -p 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --group build -o requirements-build.lock
	uv pip compile -q --universal -p 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml -o requirements.lock
	uv pip compile -q --universal -p 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	uv pip compile -q --universal -p 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml --all-extras -c requirements-dev.lock -o requirements-extras.lock

clean: ## remove what was built here
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache demo-data bench-data
