# Chorale. `make serve` and `make test` install what they need on their own.
PYTHON ?= python3
EXTRA ?= cpu
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-$(EXTRA)
HOST ?= 127.0.0.1
PORT ?= 8000
export RAY_USAGE_STATS_ENABLED := 0

.PHONY: help setup serve test lint fix loadtest bench clean
help:
	@echo "make setup | serve | test | lint | fix | loadtest | bench | clean   (EXTRA=cpu or gpu)"

setup: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[$(EXTRA),dev]'
	$(if $(filter gpu,$(EXTRA)),@$(BIN)/python -m pip install -qq --no-deps piper-tts==1.8.0)
	@touch $(STAMP)

serve: $(STAMP)
	@exec $(BIN)/chorale serve --host $(HOST) --port $(PORT)

test: $(STAMP)
	$(BIN)/python -m pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python -m loadtests.micro.stages

loadtest: $(STAMP)
	$(BIN)/python -m loadtests.run

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .cache loadtests/out
