# The two commands of the README. Each makes .venv when it is missing or the requirements have changed.
PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/.installed

.PHONY: train test lint constraints

train: $(INSTALLED)
	$(VENV)/bin/lit-wgan fit --config configs/wgan_gp_digits.yaml

test: $(INSTALLED)
	$(VENV)/bin/python -m pytest

lint: $(INSTALLED)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# Take the newest versions that setup.cfg allows, and lock them.
constraints:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e ".[dev]"
	$(VENV)/bin/pip freeze --exclude-editable --exclude pip --exclude setuptools > constraints.txt
	touch $(INSTALLED)

$(INSTALLED): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@
