# Chorale. `make serve` and `make test` install what they need on their own.
PYTHON ?= python3
EXTRA ?= cpu
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-$(EXTRA)
TEST_VOICES_STAMP := $(VENV)/.installed-$(EXTRA)-test-voices
PEERS_STAMP := loadtests/peers/.venv/.installed
HOST ?= 127.0.0.1
PORT ?= 8000
# Exactly what the locks name, and nothing else: see docs/dependencies.md.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps
LOCKED := $(INSTALL) --require-hashes
UV := .cache/uv/bin/uv
export RAY_USAGE_STATS_ENABLED := 0

.PHONY: help setup setup-test-voices lock serve test lint fix bench loadtest goodput overload soak faults cluster-demo peers clean
help:
	@echo "make setup | setup-test-voices | lock | serve | test | lint | fix | bench | loadtest | goodput | overload | soak | faults | cluster-demo | peers | clean   (EXTRA=cpu or gpu)"

setup: $(STAMP)

# Real voices, what hears them, and torch; with it `make test` also runs the tests of these.
setup-test-voices: $(TEST_VOICES_STAMP)

$(STAMP): pyproject.toml $(wildcard locks/*.lock)
	@$(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(LOCKED) $(foreach name,build $(EXTRA) espeak dev,-r locks/$(name).lock)
	@$(INSTALL) --no-build-isolation -e .
	@touch $(STAMP)

$(TEST_VOICES_STAMP): $(STAMP)
	@echo "installing real voices for the tests ..."
	@$(LOCKED) -r locks/test-voices.lock
	@$(filter-out --no-deps,$(INSTALL)) $(shell grep -o 'torch==[0-9.]*' pyproject.toml)
	@touch $(TEST_VOICES_STAMP)

# make lock ARGS="--upgrade-package av" renews one package, without ARGS all; `make test` follows.
lock: $(UV)
	@PATH=$(CURDIR)/$(dir $(UV)):$$PATH locks/renew $(ARGS)

$(UV):
	@$(PYTHON) -m venv .cache/uv
	@.cache/uv/bin/python -m pip install -qq --disable-pip-version-check uv

serve: $(STAMP)
	@exec $(BIN)/chorale serve --host $(HOST) --port $(PORT)

# Two workers: one has all tests that start servers, in order; the other has the rest.
test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python -m loadtests.micro.bench $(ARGS)

# The programs of loadtests/ take options: make goodput ARGS="--workloads unique".
# make loadtest HOST=http://10.0.0.7:8000 loads a server that runs already.
loadtest: $(STAMP)
	$(BIN)/python -m loadtests.run $(if $(filter command,$(firstword $(origin HOST))),--host $(HOST)) $(ARGS)

goodput: $(STAMP)
	$(BIN)/python -m loadtests.goodput $(ARGS)

overload: $(STAMP)
	$(BIN)/python -m loadtests.overload $(ARGS)

soak: $(STAMP)
	$(BIN)/python -m loadtests.soak $(ARGS)

faults: $(STAMP)
	$(BIN)/python -m loadtests.faults $(ARGS)

# Needs root: every node lives in a network namespace of its own.
cluster-demo: $(STAMP)
	$(BIN)/python -m loadtests.cluster $(ARGS)

$(PEERS_STAMP): loadtests/peers/requirements.txt
	@$(PYTHON) -m venv $(dir $@)
	@echo "installing the peers ..."
	@$(dir $@)bin/python -m pip install -qq --disable-pip-version-check -r $<
	@touch $@

peers: $(STAMP) $(PEERS_STAMP)
	$(BIN)/python -m loadtests.peers.compare $(ARGS)

clean:
	rm -rf $(VENV) $(dir $(PEERS_STAMP)) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .cache loadtests/out
