# Targets for people and for CI alike; `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
UV_VERSION := 0.13.9
UV := .tools/bin/uv
PYTHON ?= python3
BIN := .venv/bin
# Which Python the environment gets: 3.11 when the machine has it, else 3.10.
PY_WANTED ?= $(shell python3.11 -V >/dev/null 2>&1 && echo 3.11 || $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo 3.11)
SYNC := $(UV) sync --frozen --inexact --compile-bytecode --quiet --python $(PY_WANTED)

export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

.PHONY: help setup setup-dev system run test lint audit train eval soak bench clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  \1\t/' | expand -t 16

$(UV):
	@echo "[setup] fetching uv $(UV_VERSION) into .tools/"
	@$(PYTHON) -m venv .tools >/dev/null 2>&1 || { \
	  rm -rf .tools; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "[setup] python3 lacks venv; installing python3-venv"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null && $(PYTHON) -m venv .tools; \
	  else echo "python3 cannot make a virtual environment. Mend it with: sudo apt-get install -y python3-venv"; exit 1; fi; }
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.ready: pyproject.toml uv.lock | $(UV)
	@echo "[setup] installing the packages of uv.lock (about 2 GB, byte-compiled; a minute or two)"
	@$(SYNC)
	@touch $@

.venv/.ready-dev: .venv/.ready
	@echo "[setup] installing the development packages"
	@$(SYNC) --group dev
	@touch $@

setup: .venv/.ready  ## install everything the product needs into .venv

setup-dev: .venv/.ready-dev

system: setup-dev
	@bash tests/install_system.sh

train: setup  ## train the language model into models/
	@$(BIN)/minsheng train

run: setup  ## start server, simulator and console on this machine, with demo accounts
	@$(BIN)/minsheng serve --demo

lint: setup-dev  ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

test: lint system  ## every test, the browser's included
	@$(BIN)/minsheng train --if-missing
	@$(BIN)/python -m pytest

# Needs the network (the OSV database); not part of `make test`. docs/advisories.txt holds what was judged.
audit: $(UV)  ## look up published advisories on the locked packages; fails on one that was not judged yet
	@$(UV) audit --frozen --no-default-groups --preview-features audit-command \
	  $$(sed -nE 's/^(CVE|GHSA|PYSEC)(-[^ ]+).*/--ignore \1\2/p' docs/advisories.txt)

eval: setup-dev  ## measure what is understood on real texts, see docs/understanding.md
	@$(SYNC) --group dev --group bench
	@$(BIN)/python -m bench.understanding "$(DATA)" $(EVAL)

soak: system  ## ten minutes of kills and faults with 500 citizens, on both stores one after the other
	@$(BIN)/minsheng train --if-missing
	@$(BIN)/python -m bench.soak $(SOAK)

bench: system  ## turns per second and core beside stock Rasa and a bare echo; a quarter of an hour, nothing else running
	@$(SYNC) --group dev --group bench
	@$(BIN)/minsheng train --if-missing
	@$(BIN)/python -m bench.speed $(BENCH)

clean:  ## remove the environment, models and local data
	rm -rf .venv .tools models var
