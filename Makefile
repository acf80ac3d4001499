# make demo    the whole way, from an ontology to a model that answers
# make test    the tests
# make check   format, lint, types, import contracts, the README's examples, a wheel that runs
# make docs    docs/cli.md and docs/config.md, from the code
# make env     the environment alone; the others make it when it is missing

PYTHON ?= python3
VENV ?= .venv
DEMO ?= --out ontograft-demo

.PHONY: help demo test check docs env clean
.DEFAULT_GOAL := help

BIN := $(VENV)/bin
READY := $(VENV)/ready

help:
	@sed -n 's/^# //p' Makefile

env: $(READY)

$(READY): pyproject.toml constraints.txt scripts/environment.sh
	@scripts/environment.sh $(PYTHON) $(VENV)
	@touch $@

demo: $(READY)
	$(BIN)/ontograft demo $(DEMO)

test: $(READY)
	$(BIN)/python -m pytest $(TESTS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_ontograft/test_docs.py
	scripts/wheel_runs.sh $(VENV)

docs: $(READY)
	$(BIN)/python scripts/docs.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
