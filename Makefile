# Two commands for a fresh machine: make demo, make test. Each makes .venv and installs what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SPHINX := $(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --conf-dir docs

.PHONY: demo test check bench bench-check bench-cost bench-doctor docs clean

demo: $(VENV)/demo.done
	$(BIN)/backprove demo

test: $(VENV)/test.done
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(VENV)/check.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/test.done .venv-peers/done
	$(BIN)/python -m benchmarks

.venv-peers/done: benchmarks/speed/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

bench-check: $(VENV)/test.done
	$(BIN)/python -m benchmarks check

bench-cost: $(VENV)/test.done .venv-cost-peers/done
	$(BIN)/python -m benchmarks cost

.venv-cost-peers/done: benchmarks/cost/peers.txt
	$(PYTHON) -m venv .venv-cost-peers
	.venv-cost-peers/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

bench-doctor: $(VENV)/test.done
	$(BIN)/python -m benchmarks doctor

docs: $(VENV)/docs.done
	$(SPHINX) -d docs/_build/doctrees/en docs/en docs/_build/html/en
	$(SPHINX) -d docs/_build/doctrees/zh -D language=zh_CN docs/zh docs/_build/html/zh
	cp docs/index.html docs/_build/html/index.html

clean:
	rm -rf $(VENV) .venv-peers .venv-cost-peers

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

$(VENV)/docs.done: $(VENV)/made pyproject.toml
	$(PIP) --editable '.[docs]'
	touch $@
