# Everything here sets itself up: a fresh machine needs Python 3.11 or later, and make.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test lint benchmark benchmark-gate benchmark-drift benchmark-learning benchmark-replay benchmark-stack drill-promotion drill-watch test-browser test-kubernetes test-network test-proxy test-servers e2e e2e-init ui setup schema docs clean

help:                    ## This list
	@grep -E '^[a-z-]+: .*##|^[a-z-]+: +##' $(MAKEFILE_LIST) | sed -E 's/: .*## /\t/' | expand -t 16

demo: $(VENV)/demo       ## Train, watch, retrain and approve on real flights; about two minutes after set-up
	$(BIN)/python -m deployments.demo

test: $(VENV)/dev lint   ## Lint, types and all tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/dev        ## ruff (lint and format) and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks

benchmark: $(VENV)/dev   ## Time `perennial train` beside a plain script that does the same work
	$(BIN)/python -m benchmarks.training

benchmark-gate: $(VENV)/dev ## Measure what the gate promises, and write docs/gate.md
	$(BIN)/python -m benchmarks.gate

benchmark-learning: $(VENV)/network ## Measure how well windows, parameters and kinds are chosen, and write docs/learning.md
	$(BIN)/python -m benchmarks.learning

benchmark-replay: $(VENV)/dev ## Which retraining policy pays, on planted changes and on real histories, and write docs/replay.md
	$(BIN)/python -m benchmarks.replay

drill-promotion: $(VENV)/drill ## Kill decisions wherever they can be killed, and write docs/reliability.md
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || apt-get install --yes --quiet postgresql
	$(BIN)/python -m pytest -k postgresql tests/release
	$(BIN)/python -m benchmarks.drill

drill-watch: $(VENV)/dev  ## Kill scorings, checks, servers and the stack wherever that hurts; lose and double events
	$(BIN)/python -m pytest -m drill tests

benchmark-drift: $(VENV)/dev $(VENV)/nannyml/done ## Measure what watching promises, and write docs/drift.md
	PERENNIAL_NANNYML=$(CURDIR)/$(VENV)/nannyml/bin/python $(BIN)/python -m benchmarks.drift

benchmark-stack: $(VENV)/drill ## A hundred models on one stack, SQLite and PostgreSQL, and write docs/scale.md
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || apt-get install --yes --quiet postgresql
	$(BIN)/python -m benchmarks.stack

test-browser: $(VENV)/browser ## Approve a version in the Prefect UI, in a real browser
	@command -v chromium >/dev/null || apt-get install --yes --quiet chromium
	$(BIN)/python -m pytest -m browser tests/browser

ui: $(VENV)/demo         ## `perennial up`: Prefect, MLflow and a worker, on loopback, until ctrl-C
	$(BIN)/perennial up

test-servers: $(VENV)/servers ## The loop on PostgreSQL and S3 beside the loop on SQLite and files
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || apt-get install --yes --quiet postgresql
	$(BIN)/python -m pytest -m servers tests/servers

test-proxy: $(VENV)/dev $(VENV)/nginx/usr/sbin/nginx ## The nginx example, with TLS, before the stack
	$(BIN)/python -m pytest -m proxy tests/deployments

e2e: $(VENV)/browser     ## The whole loop as a user starts it, in a real browser; five minutes
	@command -v chromium >/dev/null || apt-get install --yes --quiet chromium
	$(BIN)/python -m pytest -m e2e tests/e2e

e2e-init: $(VENV)/dev     ## From twenty-one tables that nobody has prepared to champions, with no edit; a quarter of an hour
	$(BIN)/python -m pytest -m init tests/e2e

test-network: $(VENV)/network ## The neural network: installs torch, and runs the tests of learning with its kills
	$(BIN)/python -m pytest -m 'drill or not drill' tests/learning tests/release/test_artifact.py

test-kubernetes: $(VENV)/kubernetes ## Manifests against Kubernetes' schemas, and Jobs as Prefect makes them; no cluster
	$(BIN)/python -m pytest tests/deployments/test_kubernetes.py tests/deployments/test_kubernetes_jobs.py

setup: $(VENV)/dev       ## Only install

schema: $(VENV)/dev      ## Write the JSON Schema of a spec, for editors
	$(BIN)/python -c 'import json; from tasks.spec import json_schema; print(json.dumps(json_schema(), indent=2))' > deployments/spec.schema.json

docs: $(VENV)/dev        ## Write the help of every command into docs/commands.md
	$(BIN)/python -m docs.commands

clean:                   ## Remove the environment and caches; what was trained stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache *.egg-info

$(VENV)/demo: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo]'
	@touch $@

$(VENV)/nannyml/done:    # it asks for other versions of our libraries, so it has an environment of its own
	$(PYTHON) -m venv $(VENV)/nannyml
	$(VENV)/nannyml/bin/pip install --quiet --disable-pip-version-check nannyml==0.13.1 statsmodels
	@touch $@

$(VENV)/drill: $(VENV)/dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,dev,postgres]'
	@touch $@

$(VENV)/servers: $(VENV)/dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,dev,postgres,s3,servers]'
	@touch $@

$(VENV)/browser: $(VENV)/dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,dev,browser]'
	@touch $@

$(VENV)/nginx/usr/sbin/nginx: # unpacked and not installed: Debian starts what it installs, on all addresses
	mkdir -p $(VENV)/nginx
	cd $(VENV)/nginx && apt-get download --quiet nginx && dpkg --extract nginx_*.deb .

$(VENV)/network: $(VENV)/dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,dev,torch]'
	@touch $@

$(VENV)/kubernetes: $(VENV)/dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,dev,kubernetes]'
	@touch $@

$(VENV)/dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,dev]'
	@touch $@ $(VENV)/demo
