# Shorthands. Everything here is one command that may be typed by hand.

ENV ?= local
INVENTORY = inventories/$(ENV).py
PYTHON ?= python3
BIN = .venv/bin
PYINFRA = $(BIN)/pyinfra
# What is said to this make is not for those that a test runs.
PYTEST = env -u MAKEFLAGS -u ARGS -u ENV $(BIN)/python -m pytest --dist loadfile
WHICH = $(if $(ALL),,-m 'not all')
APP_DB = tests/app_db $(wildcard tests/server/test_app_db_*.py)
# Only development goes ahead unasked; YES=1 is for CI.
ALLOWED = $(if $(YES),echo -y,$(BIN)/python -m deploys.stages $(INVENTORY))
CAN_ASK = test -t 0 || { echo 'pyinfra asks first: needs a terminal, or YES=1' >&2; exit 1; }

# A release upgrade may have taken its Python away.
$(shell test -x $(BIN)/python || rm -f .venv/.made)

.DEFAULT_GOAL := help
.PHONY: help .venv deploy dry undo verify bundle test test-all test-changed suite coverage bench bench-app bench-fleet bench-growth lint start stop \
	status destroy

help:  ## this list
	@echo 'make TARGET [ENV=local] [YES=1] [ARGS="--limit db1 …"]'
	@sed -n 's/^\([a-z. -]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.venv: .venv/.made  ## the Python that everything runs with

.venv/.made: requirements.txt
	@sh venv.sh $(PYTHON)

$(INVENTORY):
	@echo "$@ is missing; ENV=name picks inventories/name.py" >&2; exit 1

deploy: .venv $(INVENTORY)  ## bring ENV to what its inventory says
	@allowed=$$($(ALLOWED)) || exit 1; test -n "$$allowed" || $(CAN_ASK); \
		$(PYINFRA) $$allowed $(ARGS) $(INVENTORY) deploy.py

# Ends with 2 where there are differences, with 1 where something fails. make itself ends with 2
# whatever fails, and with 1 where it is told to quit: when it has taken the signal.
QUIT = { kill -QUIT $$PPID; \
	while grep -q '^ShdPnd.*[4-7c-f]$$' /proc/$$PPID/status; do sleep 0.1; done; exit 1; }
dry:  ## show what deploy would change, change nothing; 2: there are differences
	@$(MAKE) -s --no-print-directory .venv $(INVENTORY) >&2 || $(QUIT)
	@$(PYINFRA) --dry $(ARGS) $(INVENTORY) deploy.py; code=$$?; \
		case $$code in 0 | 2) exit $$code ;; *) $(QUIT) ;; esac

undo: .venv $(INVENTORY)  ## put the configuration before the last change back
	@allowed=$$($(ALLOWED)) || exit 1; test -n "$$allowed" || $(CAN_ASK); \
		$(PYINFRA) $$allowed $(ARGS) $(INVENTORY) deploys.undo.undo

verify: .venv $(INVENTORY)  ## prove what ENV's hosts let in and refuse; changes nothing
	@$(BIN)/python -m pytest -q --tb=short --show-capture=no -o verbosity_assertions=2 \
		tests/verify --inventory $(INVENTORY) $(ARGS)

bundle: .venv $(INVENTORY)  ## what an application's host needs: CA, password, URIs
	@$(BIN)/python -m deploys.bundle $(INVENTORY) $(if $(FOLDER),'$(FOLDER)')

start stop: .venv $(INVENTORY)  ## the server
	@allowed=$$($(ALLOWED)) || exit 1; test -n "$$allowed" || $(CAN_ASK); \
		$(PYINFRA) $$allowed $(ARGS) $(INVENTORY) deploys.local.$@

status: .venv $(INVENTORY)  ## whether the server runs, and where everything is
	@$(PYINFRA) -y $(ARGS) $(INVENTORY) deploys.local.status

destroy: .venv $(INVENTORY)  ## delete the local server and its data; asks first
	@test -n '$(YES)' || { $(CAN_ASK); $(PYINFRA) --dry $(ARGS) $(INVENTORY) deploys.local.destroy; \
		test $$? -ne 1 && printf '\ntype %s to delete all of this: ' '$(ENV)' && read answer && \
		test "$$answer" = '$(ENV)' || { echo 'nothing is deleted'; exit 1; }; }
	@$(PYINFRA) -y $(ARGS) $(INVENTORY) deploys.local.destroy

# Side by side: what one of them waits for is another one's time.
test: .venv  ## lint, types and tests
test-all: .venv  ## the same on every Debian, with every fault
test-all: ALL = 1
test test-all:
	@$(MAKE) --no-print-directory -j3 lint coverage suite ALL=$(ALL)

test-changed: .venv  ## what the last change can reach; BASE=commit: what has changed since
	@tests=$$($(BIN)/python -m tests.changed $(BASE)) || exit 1; \
		test -n "$$tests" || { echo 'nothing has changed'; exit 0; }; \
		$(PYTEST) -n 4 -m 'not all' $(ARGS) $$tests

suite: .venv
	@$(PYTEST) -n 4 $(WHICH) $(addprefix --ignore=,$(APP_DB)) $(ARGS)

coverage: .venv  ## the tests of app_db, which run 95 % of its branches
	@$(PYTEST) -n 2 $(WHICH) $(APP_DB) --cov

# What runs on hosts, and on this machine: all that ends in .sh, and CI's.
SCRIPTS = .ci/run $$(find . -path './.?*' -prune -o -name '*.sh' -print)
lint: .venv  ## ruff, mypy, shellcheck, shfmt, sqlfluff, squawk
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/shellcheck $(SCRIPTS)
	@$(BIN)/shfmt -d -i 4 -ci -sr $(SCRIPTS)
	@$(BIN)/sqlfluff lint --disable-progress-bar roles-sql
	@PYTHONPATH=examples/shop $(BIN)/python -m howdah.lint_revisions app_db.migrations shop.migrations

bench: .venv  ## the embedded server beside its floor
	@$(BIN)/python -m benchmarks.local

bench-app: .venv  ## what app_db costs; the numbers of docs/app_db.md
	@$(BIN)/python -m benchmarks.app_db

bench-fleet: .venv  ## the numbers of the README; needs a Docker engine
	@$(BIN)/python -m benchmarks.fleet

bench-growth: .venv  ## a converged run as tables, databases and roles grow
	@$(BIN)/python -m benchmarks.growth $(ARGS)
