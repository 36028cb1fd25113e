# Everyday commands. `make demo` and `make test` need nothing but Python 3.11 or later, make and git beforehand;
# another Python than the first that fits is named by: make PYTHON=/path/to/python3
BIN := .venv/bin
JOBS ?= 2

.PHONY: help setup demo test test-long bench check clean

help:
	@echo "make demo       the whole system on this machine: session window, broker, bridge, panel"
	@echo "make test       every check and test, about 6 minutes"
	@echo "make test-long  the long trials in full"
	@echo "make bench      the numbers, beside their yardsticks; one part: make bench ARGS='recordings --by person'"
	@echo "make setup      only the virtual environment in .venv"

setup: .venv/ready

# Pinned, so that today's checkout still works in years; a file marks a finished installation.
.venv/ready: pyproject.toml .ci/constraints.txt .ci/need
	python=$$(.ci/need python $(PYTHON)) && "$$python" -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[dev]'
	@touch $@

demo: .venv/ready
	@.ci/need mosquitto
	$(BIN)/steadyrig demo $(DEMO)

check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	@.ci/need mosquitto mosquitto-clients chromium Xvfb postgresql
	$(BIN)/pytest -n $(JOBS) --dist loadfile $(ARGS)

test-long: check
	@.ci/need mosquitto mosquitto-clients chromium Xvfb postgresql
	STEADYRIG_LONG=1 $(BIN)/pytest -n $(JOBS) --dist loadfile --timeout 3600 $(ARGS)

bench: .venv/ready
	$(BIN)/steadyrig bench $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info build
