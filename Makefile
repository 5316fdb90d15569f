# What people type here. Each target makes what it needs and works as the first command in a fresh clone.
#
#   make demo        the night on data/samples, a customer looked up, and what to try next
#   make test        everything that CI runs: ruff, mypy, the tests without the slow ones
#   make check       the quick part of it, for between two edits
#   make test-slow   the slow tests
#   make pictures    the pictures of README.md anew, from the pages as they are
#   make bench       the benchmarks, smallest size; make bench ROWS=1000000 for a big one
#   make bench-sizes what a row costs at 250,000, 1,000,000 and 4,000,000 rows (half an hour, 30 GB of disk)
#   make bench-api   how fast the API answers; make bench-api ROWS=1000000 for the size of the targets
#   make bench-cleanse    how fast records are cleansed; make bench-cleanse ROWS=1000000 for the size of the targets
#   make bench-warehouse  how fast the warehouse is exported; make bench-warehouse ROWS=1000000 for the size of the targets
#   make bench-webhooks   how fast subscribers are told of changes
#   make bench-sync      how fast a delta goes back to a target; make bench-sync CHANGES_OF=1000000 for the size of the targets
#   make nights     only the operator's nights; make nights CUSTOMERS=10000 NIGHTS=30 for the acceptance test
#   make env         .venv with the locked packages and this project
#   make lock        the lock files again after a change of pyproject.toml (needs a package index)
#   make clean       back to a fresh clone: .venv, caches, var/ of the samples

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SAMPLE := data/samples
CODE := mdm pipelines expectations api benchmarks tests
ROWS ?= 100000
REQUESTS ?= 1000
# Tests run side by side, the tests of a file in one process, in the order of tests/conftest.py: in one process more than
# there are cores, as many tests wait for others (a killed night, a browser, a minute of the schedule). SIDE_BY_SIDE= runs
# them one after another.
SIDE_BY_SIDE ?= --numprocesses=$(shell expr $$(nproc) + 1) --dist=loadfile --no-loadscope-reorder
CUSTOMERS ?= 300
CHANGES_OF ?= 100000
NIGHTS ?= 4

export PYTHONUTF8 := 1
# Packages are compiled once, when first imported, also where somebody forbids it: each command would do it anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: env test-env demo test pictures browser check lint types test-slow bench bench-sizes bench-api bench-cleanse bench-warehouse bench-webhooks bench-sync nights lock clean
.DELETE_ON_ERROR:

# -- the environment ---------------------------------------------------------------------------------------------------
# Two stamps: .env is enough to run the product, .test adds what the tests need. Both install exact versions by hash.

env: $(VENV)/.env
test-env: $(VENV)/.test

$(VENV)/.venv:
	@.ci/make-venv $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.env: requirements.lock pyproject.toml | $(VENV)/.venv
	@echo "Installing the packages of requirements.lock into $(VENV) (a minute or two)"
	@$(PIP) install -qq --require-hashes --no-deps --no-compile -r requirements.lock
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements-test.lock pyproject.toml | $(VENV)/.venv
	@echo "Installing the packages of requirements-test.lock into $(VENV) (a minute or two)"
	@$(PIP) install -qq --require-hashes --no-deps --no-compile -r requirements-test.lock
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.env $@

# -- see it work -------------------------------------------------------------------------------------------------------

demo: env
	@.ci/demo $(BIN)/mdm $(SAMPLE)

# -- see that it is right ----------------------------------------------------------------------------------------------

test: test-env browser lint types
	$(BIN)/pytest -m "not slow" $(SIDE_BY_SIDE)

browser:
	@.ci/have-chromium

check: test-env lint types
	$(BIN)/pytest -m "not slow" -q -x tests/house tests/cleanse tests/resolve tests/golden

lint: test-env
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: test-env
	$(BIN)/mypy

test-slow: test-env
	$(BIN)/pytest -m slow

pictures: test-env browser
	MDM_PICTURES=keep $(BIN)/pytest -q tests/browser/test_readme.py -k pictures

bench: env
	$(BIN)/python -m benchmarks --rows $(ROWS) --customers $(CUSTOMERS) --nights $(NIGHTS)

bench-sizes: env
	$(BIN)/python -m benchmarks.sizes

bench-api: env
	$(BIN)/python -m benchmarks.api --rows $(ROWS) --requests $(REQUESTS)

bench-cleanse: env
	$(BIN)/python -m benchmarks.cleansing --rows $(ROWS)

bench-warehouse: env
	$(BIN)/python -m benchmarks.downstream.warehouse --rows $(ROWS)

bench-webhooks: env
	$(BIN)/python -m benchmarks.downstream.webhooks

bench-sync: env
	$(BIN)/python -m benchmarks.sync_back --customers $(CHANGES_OF)

nights: env
	$(BIN)/python -m benchmarks.thirty_nights --customers $(CUSTOMERS) --nights $(NIGHTS)

# -- upkeep ------------------------------------------------------------------------------------------------------------
# The locks keep the versions that they have; `make lock UPGRADE=--upgrade` takes the newest. The test lock is made first and
# the other one is cut out of it, so both name the same versions. Neither names an index: pip looks where the machine that
# installs tells it to look. The environment of pip-tools is its own.

COMPILE = CUSTOM_COMPILE_COMMAND="make lock" build/lock-env/bin/pip-compile --quiet --generate-hashes --allow-unsafe \
	--strip-extras --build-deps-for=editable --no-emit-index-url --no-emit-trusted-host --no-emit-find-links

lock:
	@.ci/make-venv $(PYTHON) build/lock-env
	@build/lock-env/bin/python -m pip --disable-pip-version-check install -qq pip-tools
	$(COMPILE) $(UPGRADE) --extra test -o requirements-test.lock pyproject.toml
	@cp requirements-test.lock requirements.lock
	$(COMPILE) -o requirements.lock pyproject.toml

clean:
	@if test -x $(BIN)/mdm && test -d $(SAMPLE)/var; then $(BIN)/mdm stop -w $(SAMPLE) || true; fi
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis $(SAMPLE)/var
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
