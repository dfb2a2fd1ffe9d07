# Every target sets up what it needs. On a fresh Debian 12: make demo, make test.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
ARGS ?=

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The build prints a page of warnings about editable installs: shown only when it fails.
INSTALL_SELF = $(PIP) install --no-deps --no-build-isolation -e . >.venv/install.log 2>&1 \
	|| { cat .venv/install.log >&2; exit 2; }
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host --no-header pyproject.toml

.PHONY: help demo test lint bench chance coverage kills fuzz verifiers lock clean soak years

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /\1  /p' Makefile | awk '{n = $$1; $$1 = ""; printf "make %-6s%s\n", n, $$0}'

demo: .venv/.runtime ## The whole line on this machine, with a simulated district (ARGS=--reset starts over)
	@$(BIN)/huoyan demo $(ARGS)

# Processes with servers of their own, one more than cores, for many tests wait. A file's tests stay together: they may
# share what was costly to make. What reckons in several threads by itself would only be in the others' way. The
# tests start the product hundreds of times: what it compiles is kept.
test: .venv/.dev ## Set up what the tests need and run them all (ARGS='-k draw' picks)
	@tests/servers/prepare
	@PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: .venv/.dev ## Style, types, and who imports whom
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.dev ## Measure (ARGS names one benchmark)
	@tests/servers/prepare
	@$(BIN)/python -m benchmarks $(ARGS)

chance: .venv/.dev ## Draw 20,000 times and count, beside the same draws by R (ARGS='--draws 2000 --seed 7')
	@tests/chance/prepare
	@$(BIN)/python -m tests.chance $(ARGS)

coverage: .venv/.dev ## Write which duties of supervision the tests show (docs/coverage.md)
	@$(BIN)/python -m tests.duties

kills: .venv/.dev ## Kill the draw with SIGKILL at twenty more moments, each time whole or not at all
	@tests/servers/prepare
	@HUOYAN_TEST_KILLS=20 $(BIN)/pytest -q tests/sampling/test_killed.py $(ARGS)

fuzz: .venv/.dev ## Fuzz the decoders (ARGS='frames --inputs 100000' picks and bounds)
	@$(BIN)/python -m tests.fuzz $(ARGS)

soak: .venv/.dev ## Kill and cut everything for an hour, and compare what was acknowledged with what is stored
	@tests/servers/prepare
	@$(BIN)/python -m tests.soak $(ARGS)

verifiers: .venv/.dev ## Compare the verifiers in Python and JavaScript on 10,000 random frames (ARGS='--frames 500')
	@$(BIN)/python -m tests.sampling.verifiers $(ARGS)

years: .venv/.dev ## Simulate 200 years with random losses, and hold each against what a draw promises
	@$(BIN)/python -m tests.years $(ARGS)

lock: .venv/.dev ## Write the lock files again from pyproject.toml
	$(COMPILE) --extra build --output-file requirements-server.lock
	$(COMPILE) --extra embedded --extra build --output-file requirements.lock
	$(COMPILE) --all-extras --output-file requirements-dev.lock

clean: ## Remove what was built here; the demo's data and the cache stay
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Debian keeps venv's own parts in a package that a fresh machine may lack.
.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "make: no Python here: install Python 3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "make: $(PYTHON) is older than Python 3.11: name a newer one, make PYTHON=..." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& { apt-get update -qq && apt-get install -y -qq python3-venv; } >/dev/null 2>&1 \
		|| { echo "make: Python can't make a virtual environment here: install python3-venv" >&2; exit 2; }; }
	@rm -rf .venv && $(PYTHON) -m venv .venv || { rm -rf .venv; exit 2; }

.venv/.runtime: .venv/pyvenv.cfg requirements.lock pyproject.toml
	@echo "installing the packages of requirements.lock into .venv (once) ..." >&2
	@$(PIP) install --require-hashes -r requirements.lock
	@$(INSTALL_SELF)
	@touch $@

.venv/.dev: .venv/pyvenv.cfg requirements-dev.lock pyproject.toml
	@echo "installing the packages of requirements-dev.lock into .venv (once) ..." >&2
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(INSTALL_SELF)
	@touch $@ .venv/.runtime
