# Chorale. `make serve` and `make test` install what they need on their own.
PYTHON ?= python3
EXTRA ?= cpu
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-$(EXTRA)
TEST_VOICES_STAMP := $(VENV)/.installed-$(EXTRA)-test-voices
AGENTS_STAMP := tests/voice_agents/.venv/.installed
BRIDGE_STAMP := tests/voice_agents/wyoming_openai/.venv/.installed
# wyoming-openai needs Python 3.12 or newer; where there is none, it is left out.
BRIDGE_PYTHON ?= $(firstword $(foreach name,3.14 3.13 3.12,$(shell python$(name) -c 'import sys; print(sys.executable)' 2>/dev/null)) $(wildcard $(HOME)/.pyenv/versions/3.1[2-9].*/bin/python))
CLIENTS_STAMP := tests/clients/.venv/.installed
PEERS_STAMP := loadtests/peers/.venv/.installed
HOST ?= 127.0.0.1
PORT ?= 8000
# Exactly what the locks name, and nothing else: see docs/dependencies.md.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps
LOCKED := $(INSTALL) --require-hashes
UV := .cache/uv/bin/uv
export RAY_USAGE_STATS_ENABLED := 0

.PHONY: help setup setup-test-voices lock serve test lint fix bench loadtest goodput overload soak faults cluster-demo peers voice-agents clients clean
help:
	@echo "make setup | setup-test-voices | lock | serve | test | lint | fix | bench | loadtest | goodput | overload | soak | faults | cluster-demo | peers | voice-agents | clients | clean   (EXTRA=cpu or gpu)"

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

$(PEERS_STAMP): loadtests/peers/requirements.txt loadtests/peers/requirements_kokoro.txt
	@$(PYTHON) -m venv $(dir $@)
	@echo "installing the peers ..."
	@$(dir $@)bin/python -m pip install -qq --disable-pip-version-check -r $<
	@$(dir $@)bin/python -m pip install -qq --disable-pip-version-check --no-deps -r $(word 2,$^)
	@touch $@

peers: $(STAMP) $(PEERS_STAMP)
	$(BIN)/python -m loadtests.peers.compare $(ARGS)

$(AGENTS_STAMP): tests/voice_agents/requirements.txt
	@$(PYTHON) -m venv $(dir $@)
	@echo "installing voice agents ..."
	@$(dir $@)bin/python -m pip install -qq --disable-pip-version-check --no-deps -r $<
	@touch $@

$(BRIDGE_STAMP): tests/voice_agents/wyoming_openai/requirements.txt
	@$(BRIDGE_PYTHON) -m venv $(dir $@)
	@echo "installing wyoming-openai ..."
	@$(dir $@)bin/python -m pip install -qq --disable-pip-version-check --no-deps -r $<
	@touch $@

# The speech services of LiveKit and Pipecat, and Home Assistant's bridge, against a server of their own.
voice-agents: $(STAMP) $(AGENTS_STAMP) $(if $(BRIDGE_PYTHON),$(BRIDGE_STAMP))
	CHORALE_VOICE_AGENTS=$(CURDIR)/$(dir $(AGENTS_STAMP))bin/python \
	CHORALE_WYOMING_OPENAI=$(if $(BRIDGE_PYTHON),$(CURDIR)/$(dir $(BRIDGE_STAMP))bin/python) \
	$(BIN)/python -m pytest tests/integration/test_voice_agents.py tests/integration/test_wyoming_openai.py

$(CLIENTS_STAMP): tests/clients/requirements.txt tests/clients/package-lock.json
	@$(PYTHON) -m venv $(dir $@)
	@echo "installing clients ..."
	@$(dir $@)bin/python -m pip install -qq --disable-pip-version-check -r $<
	@cd tests/clients && npm ci --no-audit --no-fund --silent
	@touch $@

# Clients of OpenAI's API against a server of their own, or that of ARGS=URL; docs/clients.md has the
# table. Needs Node.
clients: $(STAMP) $(CLIENTS_STAMP)
	$(BIN)/python tests/clients/table.py $(ARGS)

clean:
	rm -rf tests/clients/node_modules $(VENV) $(dir $(PEERS_STAMP)) $(dir $(AGENTS_STAMP)) $(dir $(BRIDGE_STAMP)) $(dir $(CLIENTS_STAMP)) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .cache loadtests/out
