# Two commands for a fresh machine: make demo, make test. Each makes .venv and installs what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test check bench bench-check docs clean

demo: $(VENV)/demo.done
	$(BIN)/backprove demo

test: $(VENV)/test.done
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(VENV)/check.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/test.done
	$(BIN)/python -m benchmarks

bench-check: $(VENV)/test.done
	$(BIN)/python -m benchmarks check

docs: README.md README.zh-CN.md
	@echo "The documentation is README.md, README.zh-CN.md and the docstrings."

clean:
	rm -rf $(VENV)

$(VENV)/made:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/demo.done: $(VENV)/made pyproject.toml
	$(PIP) --editable '.[paddle]'
	touch $@

$(VENV)/test.done: $(VENV)/made pyproject.toml
	$(PIP) --editable '.[test]'
	touch $@

$(VENV)/check.done: $(VENV)/made pyproject.toml
	$(PIP) --editable '.[check]'
	touch $@
