# Two commands: make run, make test. Settings: PORT, ADDRESS, WORKERS, TORCH=cpu, PYTHON, REQUIRE_BROWSER=1.
PYTHON ?= python3
PORT ?= 8501
ADDRESS ?= 127.0.0.1
WORKERS ?=
TORCH ?=
VENV := .venv
BIN := $(VENV)/bin
CPU_INDEX := https://download.pytorch.org/whl/cpu
# what was installed with TORCH=cpu stays so when make is called without it
INSTALLED := $(if $(TORCH),$(VENV)/.installed-$(TORCH),$(firstword $(wildcard $(VENV)/.installed $(VENV)/.installed-cpu) $(VENV)/.installed))
HERE := $(if $(filter 0.0.0.0,$(ADDRESS)),localhost,$(ADDRESS))
CHROMIUM := $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name) 2>/dev/null)))
PIP := $(BIN)/python -m pip --disable-pip-version-check install

.DEFAULT_GOAL := help
.PHONY: help run class serve test soak lowest audit lint bench clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

run: $(INSTALLED)  ## install what is missing into .venv and start the app (PORT=8501 ADDRESS=127.0.0.1 TORCH=cpu)
	@echo "The app is at http://$(HERE):$(PORT)$(if $(filter 0.0.0.0,$(ADDRESS)),; for other computers at this one's name or address) (stop it with Ctrl+C)"
	@$(BIN)/streamlit run app.py --server.address $(ADDRESS) --server.port $(PORT) --browser.serverAddress $(HERE)

class: $(INSTALLED)  ## the app for a class: several processes behind nginx (WORKERS=4 PORT=8501 ADDRESS=0.0.0.0)
	@$(BIN)/python -m effnet_core classroom --port $(PORT) --address $(ADDRESS) $(if $(WORKERS),--workers $(WORKERS))

serve: $(VENV)/.installed-cluster  ## the engine for other computers, over HTTP (python -m effnet_core serve)
	@$(BIN)/python -m effnet_core serve

test: lint  ## lint and all tests (REQUIRE_BROWSER=1 fails where there is no Chromium)
ifeq ($(CHROMIUM)$(REQUIRE_BROWSER),1)
	@echo "No Chromium on this machine and REQUIRE_BROWSER=1: install it (Debian: apt-get install chromium)"; exit 1
endif
	$(BIN)/python -m pytest -m "not browser" --numprocesses auto --maxprocesses 4 --dist loadfile
ifneq ($(CHROMIUM),)
	$(BIN)/python -m pytest -m browser
else
	@echo "No Chromium on this machine: the browser tests are left out"
endif

soak: $(VENV)/.installed-dev  ## the long search for rare failures, then a server in long use (half an hour)
	$(BIN)/python -m pytest -m soak
	$(BIN)/python benchmarks/soak.py

lowest: | $(VENV)/bin/python  ## the tests without a browser, with the lowest versions that requirements.txt allows (in .venv-lowest)
	@sed -nE 's/^([A-Za-z0-9_-]+)(>=|~=)([0-9.]+).*/\1==\3/p' requirements.txt > .venv-lowest.txt
	@$(BIN)/python -m venv .venv-lowest
	.venv-lowest/bin/python -m pip --disable-pip-version-check install --quiet -c .venv-lowest.txt -r requirements-dev.txt
	.venv-lowest/bin/python -m pytest -m "not browser" --numprocesses auto --maxprocesses 4 --dist loadfile

audit: $(VENV)/.installed-dev  ## published weaknesses of what is installed, where the list can be reached (pip-audit)
	$(BIN)/python -m pip --disable-pip-version-check install --quiet pip-audit
	$(BIN)/pip-audit --local --strict

lint: $(VENV)/.installed-dev  ## ruff for Python, oxlint and oxfmt for JavaScript and CSS
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oxlint --deny-warnings ui
	$(BIN)/oxfmt --check ui/components

bench: $(VENV)/.installed-dev  ## measure against peers, side by side; writes benchmarks/*.json
	for script in $(filter-out benchmarks/soak.py,$(wildcard benchmarks/*.py)); do $(BIN)/python $$script || exit 1; done

clean:  ## remove .venv
	rm -rf $(VENV) .venv-lowest .venv-lowest.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV): PyTorch with what it needs for a GPU, Streamlit and others. Once; about 3 GB to fetch, 6.5 GB on disk."
	@echo "(No NVIDIA GPU? 'make run TORCH=cpu' fetches about 0.4 GB instead.)"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-cpu: requirements.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV): PyTorch for the CPU from $(CPU_INDEX), Streamlit and others. Once; about 0.4 GB to fetch, 1.5 GB on disk."
	@$(PIP) --index-url $(CPU_INDEX) $$(grep -oE '^torch(vision)?[><=].*' requirements.txt)
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(INSTALLED)
	@$(PIP) --quiet -r requirements-dev.txt
	@touch $@

$(VENV)/.installed-cluster: requirements-cluster.txt $(INSTALLED)
	@$(PIP) --quiet -r requirements-cluster.txt
	@touch $@
