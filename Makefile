# Thin over standard tools. `make nightly` and `make test` set themselves up; nothing is needed beforehand but CPython
# 3.11 to 3.13 with venv, make, and a package index.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
MANIFEST := dbt_project/target/manifest.json
DBT_FILES := $(shell find dbt_project -name target -prune -o -name logs -prune -o \( -name '*.sql' -o -name '*.yml' -o -name '*.csv' \) -print)

# The models ask for these when they are compiled; any value will do to look at them.
COMPILE_ENV := SLM_AS_OF_EPOCH=0 SLM_PROJECT_TIME_ZONE=UTC SLM_PROJECT_PERIOD_TYPE=month SLM_FIRST_PERIOD_START=0001-01-01 SLM_MAX_AFFECTED_TICKET_RATIO=1

export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export PYTHONDONTWRITEBYTECODE ?=

.PHONY: help setup nightly test test-unit test-kills test-reference test-servers ui lint format bench example-data backfill dictionary explain serve reproduce forget clean

help:  ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(RUN_STAMP): requirements.lock bin/setup
	@PYTHON='$(PYTHON)' bin/setup $(VENV) requirements.lock
	@touch $@

$(DEV_STAMP): requirements-dev.lock bin/setup
	@PYTHON='$(PYTHON)' bin/setup $(VENV) requirements-dev.lock
	@touch $(RUN_STAMP) $@

$(MANIFEST): $(RUN_STAMP) $(DBT_FILES)
	@cd dbt_project && ../$(BIN)/dbt parse --profiles-dir . --quiet

setup: $(RUN_STAMP) $(MANIFEST)  ## Create the environment (first use) and parse the dbt project

# The made company's desk exports its feeds up to now before each night; other projects bring their own data.
ACME_DATA := examples/acme/data
SIZE ?= $(or $(shell cat $(ACME_DATA)/.size 2>/dev/null),1)

nightly: $(RUN_STAMP) $(MANIFEST) $(if $(filter $(abspath examples/acme),$(abspath $(or $(SLM_PROJECT),examples/acme))),example-data)  ## Pull, build, audit and publish the project in SLM_PROJECT
	@$(BIN)/python -m orchestration.nightly

ui: $(RUN_STAMP) $(MANIFEST)  ## Dagster web server with assets, checks and the nightly schedule
	@$(BIN)/python -m orchestration.ui

test: $(DEV_STAMP) $(MANIFEST)  ## All tests
	@$(BIN)/python -m pytest

test-unit: $(DEV_STAMP) $(MANIFEST)  ## Unit tests only
	@$(BIN)/python -m pytest tests/unit

test-kills: $(DEV_STAMP) $(MANIFEST)  ## Kill 200 publications with a reader attached; 100 readers through 30 publications
	@$(BIN)/python -m pytest -s tests/integration/test_killed_while_publishing.py tests/integration/test_killed_nightly.py --kills $(or $(KILLS),200)
	@$(BIN)/python -m pytest -s tests/integration/test_postgres.py -k many_swaps --readers 100 --publications 30
	@$(BIN)/python -m pytest -s tests/integration/test_release_readers.py --readers 100 --publications 30

test-reference: $(DEV_STAMP) $(MANIFEST)  ## Ticket clocks against the slow reference: make test-reference TICKETS=3000 [SEED=1]
	@SLM_CONFORMANCE_TICKETS=$(or $(TICKETS),3000) SLM_CONFORMANCE_SEED=$(or $(SEED),1) $(BIN)/python -m pytest tests/conformance/test_random_tickets.py

test-servers: $(DEV_STAMP) $(MANIFEST)  ## Connectors against real servers; those that are not installed are skipped
	@SLM_TEST_SERVERS=$${SLM_TEST_SERVERS:-installed} $(BIN)/python -m pytest tests/servers -rs

lint: $(DEV_STAMP) $(MANIFEST)  ## Linters, formatters and types, without changing anything
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(COMPILE_ENV) $(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

format: $(DEV_STAMP)  ## Format Python and SQL
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(COMPILE_ENV) $(BIN)/sqlfluff fix --disable-progress-bar dbt_project/models dbt_project/tests

bench: $(DEV_STAMP) $(MANIFEST)  ## Costs as ratios within one run (SIZE=10M adds ten million tickets)
	@SIZE='$(SIZE)' $(BIN)/python -m benchmarks

example-data: $(RUN_STAMP)  ## Generate the data of examples/acme up to SLM_AS_OF or now (SIZE=1 is the default)
	@$(BIN)/python -m examples.acme.generate --size $(SIZE)
	@echo $(SIZE) > $(ACME_DATA)/.size

backfill: $(RUN_STAMP) $(MANIFEST)  ## Ask pulled sources for days again: make backfill FROM=2026-03-01 UNTIL=2026-04-01 [SOURCE=desk]
	@$(BIN)/python -m orchestration.backfill '$(FROM)' '$(UNTIL)' $(if $(SOURCE),--source '$(SOURCE)')

dictionary: $(RUN_STAMP) $(MANIFEST)  ## Rewrite docs/data-dictionary.md from the models
	@$(BIN)/python -m reporting.dictionary dbt_project/target/manifest.json docs/data-dictionary.md

explain: $(RUN_STAMP)  ## What is behind a figure of the release in force: make explain FIGURE=<figure_key> [ROWS=10]
	@$(BIN)/python -m reporting.explain '$(FIGURE)' --rows $(or $(ROWS),10)

serve: $(RUN_STAMP)  ## Bring the database in SLM_POSTGRES_DSN up to the release in force
	@$(BIN)/python -m publishing.postgres

reproduce: $(RUN_STAMP)  ## Make a past release again and compare: make reproduce RELEASE=<release_id>
	@$(BIN)/python -m orchestration.reproduction '$(RELEASE)'

forget: $(RUN_STAMP)  ## Forget a person: make forget PERSON=<id as the source writes it> [AHEAD=1]
	@$(BIN)/python -m orchestration.forgetting '$(PERSON)' $(if $(AHEAD),--ahead)

clean:  ## Remove the environment and what was parsed; homes below var/ stay
	@rm -rf $(VENV) dbt_project/target
