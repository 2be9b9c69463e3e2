# Every command of the project; CI runs the same ones.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# The real tables, where there are some beside the project; without them the tests that need them are skipped.
export WEAKNAS_DATA ?= $(shell printf '%s:' $(wildcard $(foreach d,tables ofa more nb301,$(CURDIR)/../shared/data/$(d))))

.PHONY: help setup demo check fix test test-all cov bench gpu fuzz dist lowest clean

help:  ## Show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready  ## Create .venv and install weaknas, every extra that tests need, and the tools

$(VENV)/.ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install -qq --constraint constraints.txt --group dev --editable '.[xgboost,supernet,nb301,postgresql]'
	touch $@

demo: setup  ## Search with WeakNAS, random search and evolution; print a summary, draw the curves
	$(BIN)/python docs/examples/demo.py

check: setup  ## Formatting, lint, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fix: setup  ## Format, and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: setup  ## The fast tests
	$(BIN)/pytest -n 2 -m 'not slow'

test-all: setup  ## All tests
	$(BIN)/pytest -n 2

cov: setup  ## The fast tests with coverage
	$(BIN)/pytest -n 2 -m 'not slow' --cov --cov-report=term-missing:skip-covered

bench: setup  ## The speed tests: ratios against a reference run beside them
	$(BIN)/pytest tests/speed -o python_files='bench_*.py' --benchmark-enable --benchmark-columns=min,median,rounds -s

gpu: setup  ## All that is measured on a GPU, in 8 minutes: docs/results/gpu/<card>.json (docs/speed.md)
	$(BIN)/python tests/gpu/run.py

dist: setup  ## Build the wheel from the sdist, compare it with the sources, try it in a fresh environment
	$(BIN)/python tests/dist/build.py

fuzz: setup  ## 20,000 odd texts a parser, 400 damaged files a kind, 72 kills: about 40 minutes
	WEAKNAS_FUZZ=long $(BIN)/pytest -n 2 -m fuzz

lowest:  ## A part of the tests with the lowest versions that are allowed, in a fresh environment
	$(PYTHON) tests/dist/lowest.py

clean:  ## Remove what the other commands made, but for .venv
	rm -rf build dist out *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
