# Needs Python 3.11 or 3.12, and nothing else. Another one: make run PYTHON=/path/to/python
PYTHON ?= $(shell for python in python3.12 python3.11 python3; do \
	$$python -c "" 2> /dev/null && echo $$python && break; done)

PY := .venv/bin/python
ON_SERVERS := $(PY) -m crm.embedded exec --

# For every Python from 3.11 on and every system: each line says where it holds.
PIP_COMPILE = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-header $(LOCK)

LINTS := lint-types lint-style lint-line lint-migrations lint-deploy

.PHONY: run demo test lint $(LINTS) e2e bench outages audit lock env env-dev

# The laptop's setting: without it production's rules hold, first of all a SECRET_KEY.
run demo test lint e2e bench outages: export DEBUG ?= true

run: env  ## the whole product on this machine, until Ctrl-C
	@exec $(PY) manage.py up

demo: env  ## the same with a fake of every vendor, and a page on which to play the lead and the agents
	@exec $(PY) -m tests.fakes

test: lint  ## everything that has to be true before a change is kept
	@exec $(ON_SERVERS) $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: env-dev
	@$(MAKE) --no-print-directory --jobs=2 $(LINTS)

# Two at a time; the longest first.
lint-types:
	$(PY) -m mypy .

lint-style:
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

lint-line:
	.venv/bin/lint-imports

lint-migrations:
	$(ON_SERVERS) $(PY) manage.py makemigrations --check --dry-run

# As production is started: its static files first.
lint-deploy: export DEBUG = false
lint-deploy: export PUBLIC_URL = https://crm.example.com
lint-deploy: export ALLOWED_HOSTS = crm.example.com
lint-deploy:
	@export SECRET_KEY=$$($(PY) -c "import secrets; print(secrets.token_hex(50))") \
		FIELD_ENCRYPTION_KEYS=$$($(PY) -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"); \
	$(PY) manage.py collectstatic --no-input --verbosity 0 \
		&& $(PY) manage.py check --deploy --fail-level WARNING

e2e: env-dev  ## in a real browser: Debian's chromium
	@exec $(ON_SERVERS) $(PY) -m pytest tests/e2e

bench: env-dev  ## writes bench/results/, on a database that waits for its disk; ONLY=<workload> runs one
	@exec $(PY) -m crm.embedded exec --durable -- $(PY) -m bench $(ONLY)

audit: env-dev  ## known holes in what requirements-dev.txt locks; AUDIT=--if-reachable goes on without the database
	@exec $(PY) -m audit $(AUDIT)

# Pins stay where they still fit; to move all: make lock LOCK=--upgrade
lock: env-dev  ## writes requirements*.txt from requirements*.in
	$(PIP_COMPILE) requirements.in -o requirements.txt
	$(PIP_COMPILE) -c requirements.txt requirements-dev.in -o requirements-dev.txt

outages: env-dev  ## what people have after each way in which a database can fail: a table
	@exec $(ON_SERVERS) $(PY) -m bench.outages

env env-dev:
	@test -n "$(PYTHON)" || { echo "Python is missing: install Python 3.11 or 3.12." >&2; exit 1; }
	@"$(PYTHON)" crm/embedded/environment.py requirements$(if $(filter env-dev,$@),-dev).txt
