# The two commands of the README. Each makes .venv when it is missing or the requirements have changed.
PYTHON ?= python3
CONSTRAINTS ?= constraints.txt
VENV := .venv
INSTALLED := $(VENV)/.installed

# Tests that run at the same time, each on one thread.
PYTEST = OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

.PHONY: train test quick torture lint docs figures constraints hashes

train: $(INSTALLED)
	$(VENV)/bin/lit-wgan fit --config configs/wgan_gp_digits.yaml

test: $(INSTALLED)
	$(PYTEST)

# After every edit: all that needs no process of its own and no training.
quick: $(INSTALLED)
	$(PYTEST) -m "not slow and not torture"

# All accidents on all numbers of processes, and experiments of the papers, one test at a time: for a machine that does nothing else meanwhile.
torture: $(INSTALLED)
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -m torture

lint: $(INSTALLED)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

# The pages of docs/ and the API as a site, in site/. A link that leads nowhere is an error.
docs: $(INSTALLED)
	$(VENV)/bin/mkdocs build --strict

# The papers' experiments, reduced, with three seeds: docs/experiments.md.
figures: $(INSTALLED)
	$(VENV)/bin/lit-wgan figures --seeds 3

# Take the newest versions that setup.cfg allows, and lock them.
constraints:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e ".[dev,docs]"
	$(VENV)/bin/pip freeze --exclude-editable --exclude pip --exclude setuptools > constraints.txt
	touch $(INSTALLED)

# The SHA-256 of the locked files, for images that are built with REQUIRE_HASHES=1. Fetches some gigabytes.
hashes: $(INSTALLED)
	$(VENV)/bin/python tools/lock_hashes.py constraints.txt 3.11.9 3.12.9 > docker/hashes.new
	mv docker/hashes.new docker/hashes.txt

$(INSTALLED): setup.cfg pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e ".[dev,docs]"
	touch $@
