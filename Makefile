# ansim: `make demo` and `make test` do everything on a fresh machine with Python >= 3.11 and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DEMO   := $(VENV)/.demo

CHECK_PYTHON = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
  { echo "ansim needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version). Try: make PYTHON=python3.11"; exit 1; }

.PHONY: demo test vm-test check lock coverage bench rooms install-pi help clean

help:
	@echo "make demo   a simulated inspection: verdict, screen pictures, session and summary in out/demo"
	@echo "make test   every gate and test (lint, types, layers, tests)"
	@echo "make check  the gates alone: ruff, codespell, deptry, licences, mypy, import-linter"
	@echo "make lock   write .ci/requirements/*.txt anew: versions and hashes for x86-64 and aarch64 (needs the network)"
	@echo "make vm-test  the real Wi-Fi stack of a kernel that is booted for it in QEMU (part of make test)"
	@echo "make coverage  the tests with the lines they reach, as a table and in out/coverage"
	@echo "make bench  benchmarks, printed as tables"
	@echo "make rooms  the bench of rooms: 2,100 simulated inspections, what they teach, figures, plots (an hour)"
	@echo "make install-pi  install or upgrade on a Raspberry Pi (asks for sudo)"

$(STAMP): pyproject.toml
	@$(CHECK_PYTHON)
	@echo "Setting up $(VENV) (once, a minute or two) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,diag,report,pi]'
	@touch $@ $(DEMO)

# A demo needs no test tools: it takes what is installed already, or the command and its report alone.
$(DEMO): pyproject.toml
	@$(CHECK_PYTHON)
	@echo "Setting up $(VENV) (once, about a minute, half a gigabyte) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -e '.[report]'
	@touch $@

demo: $(DEMO)
	@$(BIN)/ansim demo --out out/demo
	@echo "Go on with: $(BIN)/ansim run --kit sim:six-cubicles --window"

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/deptry .
	$(BIN)/python -m tests.supply_chain.licences
	$(BIN)/mypy
	$(BIN)/lint-imports

LOCK = $(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes --python-version 3.11 \
  --custom-compile-command "make lock" --extra pi --extra report --extra diag --extra phone

lock: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) --output-file .ci/requirements/pi.txt
	$(LOCK) --extra dev --output-file .ci/requirements/ci.txt

test: check vm-test
	$(BIN)/pytest -n 2 --dist loadfile -m "not vm"

vm-test: $(STAMP)
	$(BIN)/pytest -m vm tests/vm

coverage: $(STAMP)
	$(BIN)/pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered --cov-report=html

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks

rooms: $(STAMP)
	$(BIN)/python -m tests.benchmarks.rooms

install-pi:
	sudo firmware/systemd/install-pi.sh

clean:
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache
