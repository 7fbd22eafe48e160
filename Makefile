# Shorthands. Everything here is one command that may be typed by hand.

include howdah.mk

# What is said to this make is not for those that a test runs.
PYTEST = env -u MAKEFLAGS -u MAKELEVEL -u ARGS -u ENV $(BIN)/python -m pytest --dist loadfile \
	--no-loadscope-reorder
WHICH = $(if $(ALL),,-m 'not all')
APP_DB = tests/app_db $(wildcard tests/server/test_app_db_*.py)

.PHONY: new dist pictures test test-all test-changed suite coverage bench bench-app bench-fleet bench-backups bench-growth lint

new: .venv  ## a folder for a team's own inventories, roles and secrets: TEAM=../acme
	@$(BIN)/python -m howdah.new $(if $(TEAM),'$(TEAM)')

dist: .venv  ## the wheel of app_db, for an application; FOLDER=dist
	@cd app_db && '$(abspath $(BIN))/python' -m hatchling build -t wheel \
		-d '$(abspath $(or $(FOLDER),dist))'

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

# What runs on hosts, and on this machine: all that ends in .sh, and CI's. The entrypoint of the
# official image is somebody else's.
SCRIPTS = .ci/run $$(find . -path './.?*' -prune -o -path ./tests/docker/entrypoint -prune -o \
	-name '*.sh' -print)
lint: .venv  ## ruff, mypy, shellcheck, shfmt, sqlfluff, squawk
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/shellcheck $(SCRIPTS)
	@$(BIN)/shfmt -d -i 4 -ci -sr $(SCRIPTS)
	@$(BIN)/sqlfluff lint --disable-progress-bar roles-sql
	@PYTHONPATH=examples/shop $(BIN)/python -m howdah.lint_revisions app_db.migrations shop.migrations

# Of the last commit: a real deploy, in a machine of its own.
pictures: .venv  ## those of README and docs, made anew; as root
	@sh pictures/checkout.sh $(BIN)/python -m pictures.run /srv/howdah
	@$(BIN)/python -m pictures.rooms

bench: .venv  ## the embedded server beside its floor
	@$(BIN)/python -m benchmarks.local

bench-app: .venv  ## what app_db costs; the numbers of docs/app_db.md
	@$(BIN)/python -m benchmarks.app_db

bench-fleet: .venv  ## the numbers of the README; needs a Docker engine
	@$(BIN)/python -m benchmarks.fleet

bench-backups: .venv  ## backups of 1 GiB, beside what has to be done at least
	@$(BIN)/python -m benchmarks.backups

bench-growth: .venv  ## a converged run as tables, databases and roles grow
	@$(BIN)/python -m benchmarks.growth $(ARGS)
