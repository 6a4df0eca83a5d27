# One door for people and CI.  Each target makes its own virtual environment; the second time nothing is installed.
PYTHON ?= python3
VENV ?= .venv
BENCH ?= run
BIN := $(VENV)/bin
# LOCKED=1, as in CI: what the product needs comes in the versions of requirements.lock, checked by hash.
LOCKED ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench pictures chaos lock harden clean

help:  ## what there is to make
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tocsin needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

# Also over what an earlier make has installed in newer versions.
$(VENV)/.locked: requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	touch $@

# Installed in place, with the embedded broker of the demo.
$(VENV)/.installed: pyproject.toml $(if $(LOCKED),$(VENV)/.locked) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[demo]'
	$(BIN)/python -m compileall -q alerts stream  # else each command does it anew where Python may write no bytecode
	touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

# With the peers that are measured beside us.
$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --group bench
	touch $@

demo: $(VENV)/.installed  ## Tocsin at work: an embedded broker, a worker, a day of traffic with an incident
	$(BIN)/tocsin demo $(ARGS)

test: $(VENV)/.dev  ## all tests (those that need a program which is not here are listed as skipped, with what to install); EXAMPLES=1000: for longer
	$(BIN)/pytest -n auto --dist loadgroup $(ARGS) tests/demo tests/unit  # the demo waits for its day to go by
	$(BIN)/python -m tests.kafka.keep_classes
	$(BIN)/pytest -n 3 --dist loadfile $(ARGS) --ignore=tests/unit --ignore=tests/demo  # much of their time is waiting

check: $(VENV)/.dev  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	if test -x $(BIN)/hadolint; then $(BIN)/hadolint Dockerfile; fi  # there is none for Windows

format: $(VENV)/.dev  ## put the format right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.bench  ## throughput and cost beside its peers on a real Kafka; BENCH=curves, latency, files or gateway: the rest
	$(BIN)/python -m tests.bench.$(BENCH) $(ARGS)

pictures: $(VENV)/.dev  ## take the pictures of the board that README and docs show
	TOCSIN_PICTURES=docs/pictures $(BIN)/pytest tests/demo/test_board.py

chaos: $(VENV)/.dev  ## kill, freeze and rebalance workers on a real Kafka; the counts must stay exact
	$(BIN)/python -m tests.chaos.run $(ARGS)

harden: $(VENV)/.dev  ## hostile records through a real Kafka and a real worker, compared exactly with the pure intake
	$(BIN)/python -m tests.harden.run $(ARGS)

lock: $(VENV)/.dev  ## versions and hashes of the worker's dependencies, written anew
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header --no-emit-find-links --no-emit-index-url --output-file requirements.lock pyproject.toml
	sed -i -e '1i # What the image and CI are built from, with `pip install --require-hashes`: every dependency of the worker, by version and' -e '1i # hash, for all processors that have wheels.  `make lock` writes it anew, with the newest versions.' requirements.lock

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
