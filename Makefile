# Limen TUI. `make help` lists what there is; every target sets up what it needs by itself.

VENV   := .venv
PYTHON := $(VENV)/bin/python
STAMP  := $(VENV)/.ready
ARGS   ?=
# Most tests wait for guests, links and timers: three processes keep two cores busy.
WORKERS ?= 3

.PHONY: help run demo test check bench lab lab-down screenshots lock deps test-deps clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: deps $(STAMP) ## Install what is missing and start Limen on this machine's hypervisor (ARGS="-c URI" for another)
	@$(VENV)/bin/limen $(ARGS) || { code=$$?; \
		[ $$code -ne 3 ] || echo "make: here \`limen\` is $(VENV)/bin/limen; \`make demo\` needs no hypervisor" >&2; exit $$code; }

demo: $(STAMP) ## Start Limen on a simulated fleet
	@$(VENV)/bin/limen --demo $(ARGS)

test: test-deps $(STAMP) ## Set up and run every test, those on real hypervisors included
	@.ci/as-root "The tests start hosts of their own (namespaces, mounts, daemons)" \
		$(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: deps $(STAMP) ## Lint, types, import contracts, architecture
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PYTHON) -m pytest -q tests/arch

bench: test-deps $(STAMP) ## Measure; prints ratios
	@.ci/as-root "Some of them start hosts of their own (namespaces, mounts, daemons)" \
		sh -c 'for bench in tests/bench/bench_*.py; do echo "== $$bench"; PYTHONPATH=. $(PYTHON) $$bench || exit 1; done'

lab: test-deps ## Five KVM hosts on this machine, to try Limen on: then `limen --lab`
	@.ci/as-root "The lab is made of network namespaces" sh -c 'tests/lab/lab up 5 && tests/lab/lab hosts'

lab-down: ## Take the lab down
	@.ci/as-root "The lab is made of network namespaces" tests/lab/lab down

screenshots: $(STAMP) ## Make screenshots/ anew from the simulated fleet
	$(PYTHON) screenshots/make.py

lock: $(STAMP) ## Resolve the dependencies anew and pin them
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --extra dev --generate-hashes --no-header \
		--no-annotate --upgrade pyproject.toml -o requirements.lock

deps:
	@.ci/install run

test-deps:
	@.ci/install test

# The virtual environment is made anew only when the lock file or the project's metadata changed.
$(STAMP): requirements.lock pyproject.toml
	@.ci/install run
	@[ -x $(PYTHON) ] || { echo "Making the virtual environment in $(VENV)"; python3 -m venv $(VENV); }
	@echo "Installing the pinned dependencies"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
