# Two commands for a newcomer: `make gameday` and `make test`. Both set everything up first.
.DEFAULT_GOAL := help
.PHONY: help setup gameday test weaknesses bench accuracy lint lock clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help:  ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

setup: $(READY)  ## create the environment and install the pinned dependencies

$(READY): requirements.lock pyproject.toml fixtures/setup.sh
	@sh fixtures/setup.sh $(VENV)

gameday: $(READY)  ## run the default game day on the local region; ARGS="--experiment baseline" to choose
	@$(BIN)/gameday run $(ARGS)

# Two at once, each with a region of its own; in the order of the files, because the longest tests come first in it.
test: $(READY)  ## run all tests: one game day, three weaknesses, a gate and a report on real local regions among them
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

weaknesses: $(READY)  ## switch on each known weakness and see that it is found
	@$(BIN)/python -m experiments.weaknesses $(ARGS)

bench: $(READY)  ## measure what README claims; medians of three
	@$(BIN)/python -m experiments.bench $(ARGS)
	@$(BIN)/python -m loadtests.bench

accuracy: $(READY)  ## hold stock Locust and our engine against a server whose every misdeed is known; ARGS="--runs 1"
	@$(BIN)/python -m loadtests.accuracy $(ARGS)

lint: $(READY)  ## ruff, mypy, the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lock:  ## write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.12 \
	    --all-extras pyproject.toml -o requirements.lock

clean:  ## remove the environment, caches and recorded runs
	@if [ -x $(BIN)/stack ]; then $(BIN)/stack down; fi
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis reports/runs build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
