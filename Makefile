# The environment is .venv, made again when what it is made of changes. The program runs in it before the tools are there that
# check it.

PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test lint format screenshots fuzz bench answers sources clean

demo: .venv/program
	@$(BIN)/layerview demo

test: lint
	$(BIN)/pytest -n 2 --dist loadgroup

lint: .venv/tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: .venv/tools
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screenshots: .venv/tools
	$(BIN)/python -m screenshots.make

# Some half an hour for the generated stacks and outlines, and this long for mutated archives.
FUZZ_SECONDS ?= 1800
fuzz: .venv/tools
	HYPOTHESIS_PROFILE=fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)} \
		$(BIN)/pytest -n 2 -rP tests/test_model.py tests/test_image_comparison.py tests/trees/test_outline.py tests/fuzz

bench: .venv/tools
	$(BIN)/python -m bench

# Puts the same questions to dive, which it installs, and writes the answers into docs/correctness.md.
answers: .venv/tools
	$(BIN)/python -m tests.answers

# Puts one image into every place, in every form that it can have there, and writes what was found into docs/sources.md.
sources: .venv/tools
	CI=true $(BIN)/pytest -n 2 --dist loadgroup -m same tests/engines
	$(BIN)/python -m tests.engines.table

clean:
	rm -rf .venv

INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.venv/program: pyproject.toml constraints.txt
	@echo "Making .venv, with what layerview needs to run"
	@$(PYTHON) -m venv .venv
	@$(INSTALL) -e .
	@touch $@

.venv/tools: .venv/program
	@echo "Adding to .venv what checks and tests need"
	@$(INSTALL) -e '.[dev]'
	@touch $@
