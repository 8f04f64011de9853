PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test quick docs site release oldest newer lint clean

# The stamp makes `make demo` install once and start at once the next time.
install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[demo,dev,docs]'
	touch $@

demo: install
	$(BIN)/reverie demo --out demo

# What is compiled is kept, since tests start many processes.
test: install
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2

quick: install
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 -m "not slow"

docs: install
	$(BIN)/python docs/make_api.py

# Runs the notebooks, checks every link; warnings are errors. Look at build/site/index.html.
site: docs
	$(BIN)/mkdocs build --strict --quiet

# Builds sdist and wheel into dist, and works with the wheel in a fresh environment outside the repository.
release: install
	tools/try_release.sh $(PYTHON)

# Runs the tests on the oldest versions that pyproject.toml allows, in a fresh environment.
oldest:
	tools/try_oldest.sh $(PYTHON)

# Runs the quick tests on a newer Python, in a Debian of its own; as root.
newer:
	tools/try_newer.sh

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv demo build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
