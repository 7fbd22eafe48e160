# The commands that act on an inventory, for the checkout's Makefile and that of a team's folder.

ENV ?= local
INVENTORY = inventories/$(ENV).py
PYTHON ?= python3
# The checkout, seen from the working folder: that is the checkout itself, or a team's folder.
HOWDAH := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
BIN = $(HOWDAH)/.venv/bin
# From a team's folder Python has to be shown where Howdah is, and nothing is written there.
IMPORTS = $(if $(filter-out .,$(HOWDAH)),PYTHONPATH=$(HOWDAH):$$PYTHONPATH)
CACHE = $(if $(filter-out .,$(HOWDAH)),-o cache_dir='$(CURDIR)/.pytest_cache')
PYINFRA = $(IMPORTS) $(BIN)/pyinfra
MODULE = $(IMPORTS) $(BIN)/python -m
# Only development goes ahead unasked; YES=1 is for CI.
ALLOWED = $(if $(YES),echo -y,$(MODULE) deploys.stages $(INVENTORY))
CAN_ASK = test -t 0 || { echo 'pyinfra asks first: needs a terminal, or YES=1' >&2; exit 1; }

# A release upgrade may have taken its Python away.
$(shell test -x $(BIN)/python || rm -f $(HOWDAH)/.venv/.made)

.DEFAULT_GOAL := help
.PHONY: help .venv deploy dev drill dump dumps restore restore-undo restore-keep dry undo verify bundle start stop status destroy

help:  ## this list
	@echo 'make TARGET [ENV=local] [YES=1] [ARGS="--limit db1 …"]'
	@sed -n 's/^\([a-z. -]*\):.*## \(.*\)/  \1\t\2/p' $(HOWDAH)/howdah.mk $(firstword $(MAKEFILE_LIST)) | expand -t 22

.venv: $(HOWDAH)/.venv/.made  ## the Python that everything runs with

$(HOWDAH)/.venv/.made: $(HOWDAH)/requirements.txt
	@cd $(HOWDAH) && sh venv.sh $(PYTHON)

$(INVENTORY):
	@echo "$@ is missing; ENV=name picks inventories/name.py" >&2; exit 1

deploy: .venv $(INVENTORY)  ## bring ENV to what its inventory says
	@allowed=$$($(ALLOWED)) || exit 1; test -n "$$allowed" || $(CAN_ASK); \
		$(PYINFRA) $$allowed $(ARGS) $(INVENTORY) deploy.py

dev:  ## the specification's development server: Docker, port 5433, no TLS; ENV=dev from then on
	@$(MAKE) --no-print-directory deploy ENV=dev

# Ends with 2 where there are differences, with 1 where something fails. make itself ends with 2
# whatever fails, and with 1 where it is told to quit: when it has taken the signal.
# One that ignores it, as what a shell runs in the background does, ends by SIGTERM: with 143.
QUIT = { ! grep -q '^SigIgn.*[4-7c-f]$$' /proc/$$PPID/status || { kill -TERM $$PPID; sleep 9; }; \
	kill -QUIT $$PPID; \
	while grep -q '^ShdPnd.*[4-7c-f]$$' /proc/$$PPID/status; do sleep 0.1; done; exit 1; }
dry:  ## show what deploy would change, change nothing; 2: there are differences
	@$(MAKE) -s --no-print-directory .venv $(INVENTORY) >&2 || $(QUIT)
	@$(PYINFRA) --dry $(ARGS) $(INVENTORY) deploy.py; code=$$?; \
		case $$code in 0 | 2) exit $$code ;; *) $(QUIT) ;; esac

undo: .venv $(INVENTORY)  ## put the configuration before the last change back
	@allowed=$$($(ALLOWED)) || exit 1; test -n "$$allowed" || $(CAN_ASK); \
		$(PYINFRA) $$allowed $(ARGS) $(INVENTORY) deploys.undo.undo

restore: .venv $(INVENTORY)  ## the data as they were: TO=, DATABASE=, TABLE=, FROM=; asks
	@test -n '$(YES)' || { $(CAN_ASK); $(RESTORE) --dry $(INVENTORY) $(RESTORER); \
		test $$? -ne 1 && printf '\ntype %s to restore: ' '$(ENV)' && read answer && \
		test "$$answer" = '$(ENV)' || { echo 'nothing is restored'; exit 1; }; }
	@$(RESTORE) -y $(INVENTORY) $(RESTORER) && $(PYINFRA) -y $(ARGS) $(INVENTORY) deploy.py
# One database of a dump; or what a backup has, all of it or a part.
RESTORE = $(PYINFRA) $(ARGS) $(if $(FROM),$(OF_A_DUMP),$(OF_A_BACKUP))
RESTORER = $(if $(FROM),deploys.load_dump.load,deploys.restore.bring_back)
OF_A_DUMP = --data dump_of='$(DATABASE)' --data dump_from='$(FROM)'
OF_A_BACKUP = --data restore_to='$(or $(TO),newest)' \
	$(if $(DATABASE),--data restore_only='$(DATABASE)') \
	$(if $(TABLE),--data restore_table='$(TABLE)')

dump: .venv $(INVENTORY)  ## dump every database now; ENV's dumps = "on"
	@$(PYINFRA) -y $(ARGS) $(INVENTORY) deploys.dumps.now

dumps: .venv $(INVENTORY)  ## list the dumps that there are
	@$(PYINFRA) -y $(ARGS) $(INVENTORY) deploys.dumps.listed

drill: .venv $(INVENTORY)  ## prove that the newest backup comes back; it is restored beside, and goes
	@$(PYINFRA) -y $(ARGS) $(INVENTORY) deploys.restore.drill

restore-undo restore-keep: .venv $(INVENTORY)  ## put the data before the last restore back; delete them
	@allowed=$$($(ALLOWED)) || exit 1; test -n "$$allowed" || $(CAN_ASK); \
		$(PYINFRA) $$allowed $(ARGS) $(INVENTORY) deploys.restore.$(@:restore-%=%)

verify: .venv $(INVENTORY)  ## prove what ENV's servers allow and reject; changes nothing
	@$(MODULE) pytest -q --tb=short --show-capture=no -o verbosity_assertions=2 \
		-c $(HOWDAH)/pyproject.toml $(CACHE) $(HOWDAH)/verify --inventory=$(INVENTORY) $(ARGS)

bundle: .venv $(INVENTORY)  ## what an application's host needs: CA, password, URIs
	@$(MODULE) deploys.bundle $(INVENTORY) $(if $(FOLDER),'$(FOLDER)')

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
