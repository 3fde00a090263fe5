# Needs a Python 3.11 or newer and make (GNU 3.81 or newer); brings everything else itself, into
# $(VENV). Each target makes or completes that environment first, which takes no time once it stands.

# Which Python makes the environment. Empty: the first of the names below that is new enough.
PYTHON ?=
VENV   ?= .venv
# Processes that pytest runs at once; 0 is needed for --pdb.
JOBS   ?= 2
# What is handed on: make test ARGS="-k names", make demo ARGS=--no-browser
ARGS   ?=

PY    := $(VENV)/bin/python
IN_CI := $(filter 1 true TRUE True,$(CI))

# $(call environment,extra): the package, editable, with that extra, in $(VENV).
define environment
@for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
    exec "$$python" tools/make_env.py $(if $(PYTHON),--this-python) $(VENV) $(1); \
  fi; \
done; \
echo "jwstwidgets needs Python 3.11 or newer; $(or $(PYTHON),what is on the PATH) is not." >&2; \
echo "Name one with  make PYTHON=/path/to/python3 ..." >&2; \
exit 1
endef

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test lint typecheck format bench wheel clean env-lab env-dev browser

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

demo: env-lab ## open JupyterLab on notebooks/01_explore.ipynb (ARGS=--no-browser on a server)
	@exec $(PY) tools/demo.py $(ARGS)

test: env-dev browser lint typecheck $(if $(IN_CI),wheel) ## lint, types and all tests (ARGS="-k names" selects)
	$(PY) -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

lint: env-dev ## linter, and whether the formatter would change anything
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

typecheck: env-dev ## mypy, strict
	$(PY) -m mypy

format: env-dev ## let the formatter change the files
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: env-dev ## measure, side by side with the usual way
	@for benchmark in $(basename $(notdir $(wildcard benchmarks/bench_*.py))); do \
	  echo "== $$benchmark"; $(PY) -m benchmarks.$$benchmark $(ARGS) || exit 1; \
	done

wheel: env-dev ## build the wheel, install it alone into a fresh environment, use it there
	$(PY) tools/check_wheel.py

clean: ## remove the environment and all that was built or cached
	rm -rf $(VENV) build dist artefacts .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

env-lab:
	$(call environment,lab)

env-dev:
	$(call environment,dev)

browser: env-dev
	@$(PY) tools/find_browser.py --install
