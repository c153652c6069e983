# Everything is done in .venv, which is made from requirements.lock when it is first needed. PYTHON=… chooses another interpreter.
.DEFAULT_GOAL := help
.PHONY: help demo sandbox test check bench lock clean

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

BIN := .venv/bin
STAMP := .venv/.stamp
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
find_python = $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(shell command -v $(name) >/dev/null && $(name) -c '$(FITS)' 2>/dev/null && echo $(name))))

help:  ## Show this list.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F '\t' '{printf "  make %-9s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@python="$(or $(PYTHON),$(find_python))"; \
	if [ -z "$$python" ]; then echo "Countersign needs Python 3.11, 3.12 or 3.13, and none was found. Install one, or say PYTHON=/path/to/python3.12" >&2; exit 1; fi; \
	if ! "$$python" -c '$(FITS)'; then echo "Countersign needs Python 3.11, 3.12 or 3.13, and $$python is $$("$$python" --version 2>&1)." >&2; exit 1; fi; \
	echo "Setting up .venv with $$("$$python" --version) (about half a minute, once)"; \
	"$$python" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)  ## Watch two incidents and a data drift, from report to answer, offline, in about a minute.
	@$(BIN)/countersign demo

sandbox: $(STAMP)  ## Try it by hand in an offline workspace.
	@$(BIN)/countersign sandbox

test: $(STAMP)  ## Run all tests; every branch of agents/core has to be covered.
	$(BIN)/coverage run -m pytest tests/agents/core
	$(BIN)/coverage report
	$(BIN)/pytest -n 3 --dist loadfile --ignore tests/agents/core

check: $(STAMP)  ## Lint, types, import rules, limits of files and functions, the lock.
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.limits

bench: $(STAMP)  ## Measure, beside raw sqlite3 in the same process.
	@for file in $$(grep -l __main__ benchmarks/*.py); do echo "$$file"; $(BIN)/python -m "benchmarks.$$(basename "$$file" .py)"; done

lock:  ## Resolve the dependencies anew (needs uv and a network).
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -o requirements.lock

clean:  ## Remove what was made here, the virtual environment too.
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*
