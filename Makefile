# Matinee. `make run` and `make test` are all that is needed on a fresh machine.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Where torch comes from besides the package index; the CPU build is ten times smaller:
#   make run TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
# Packages are compiled when they are first imported, not when they are installed. Where an environment forbids
# to keep what was compiled, every start would compile torch and Gradio again, twenty seconds of it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run install test check bench lock clean help

run: install  ## set up, build the demo, serve API and page
	$(BIN)/matinee up

install: $(VENV)/.installed  ## make .venv

$(VENV)/.installed: requirements/all.txt pyproject.toml
	@echo "Installing into $(VENV), once: some minutes, and 7 GB with the torch of the package index (help: make help)."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-compile --disable-pip-version-check $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r requirements/all.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

test: install  ## all tests
	$(BIN)/pytest

check: install  ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install  ## speed, load, faults and hostile input, a quarter of an hour (needs wrk: apt-get install wrk)
	$(BIN)/matinee evaluate speed
	$(BIN)/matinee evaluate load
	EXAMPLES=150 $(BIN)/pytest -q -o timeout=900 tests/test_api_document.py tests/test_understanding_robustness.py tests/test_titles.py tests/test_movie.py

lock: install  ## renew the lock files from pyproject.toml
	UV=$(BIN)/uv sh requirements/lock.sh

clean:  ## remove what `make` made; data and artefacts stay
	rm -rf $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache

help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'
