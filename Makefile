# The commands of the project; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 5000
SIZE ?= 10000
MINUTES ?= 1
export FLASK_APP = app
export PORT

.DEFAULT_GOAL := help
.PHONY: help run test check bench fuzz format clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run ## set everything up on SQLite, load the sample, start web and worker
	@$(BIN)/flask demo run --port $(PORT)

test: $(VENV)/dev ## run all tests, on SQLite and on a real PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

check: $(VENV)/dev ## style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev ## the benchmarks, each beside a floor of the same run; SIZE=200000 for more
	$(BIN)/python bench/redif.py
	$(BIN)/python bench/import.py --templates $(SIZE) --kill
	$(BIN)/python bench/pages.py --items $(SIZE)

fuzz: $(VENV)/dev ## one minute of hostile and of strange bytes for the ReDIF reader
	$(BIN)/python bench/fuzz_redif.py --minutes $(MINUTES)

format: $(VENV)/dev ## write the code in the house's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what the other commands made, but not the database
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/run: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the application needs …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev: requirements.txt requirements-dev.txt $(VENV)/run
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
