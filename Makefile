# Everything a person or CI runs. Each target does all its own set-up and works again when repeated.
PYTHON ?= python3
VENV := .venv/bin

.PHONY: help setup demo drift-demo test check unit spark browser pictures localcloud generate bench clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: ## the Python environment, the engine and the Kubernetes programs: found or built
	@$(PYTHON) scripts/setup.py

demo: setup ## two real models on a real engine and a real Kubernetes API, without an account
	@$(VENV)/python -m scripts.demo

drift-demo: setup ## a model that meets a summer of real flights: one drift is found, calm weeks stay calm
	@$(VENV)/python -m scripts.drift_demo

test: setup ## lint, types, unit tests, then everything on the local cloud
	@$(VENV)/python -m scripts.check

check: setup ## lint and types alone
	@$(VENV)/python -m scripts.check lint types

unit: setup ## the tests that need no engine
	@$(VENV)/python -m scripts.check unit

spark: setup ## counts on Spark in local mode held against DuckDB's, in an environment that it fetches
	@$(VENV)/python -m scripts.check spark

browser: setup ## the HTML report in a headless Chromium, where there is one
	@$(VENV)/python -m scripts.check browser

pictures: setup ## the pictures of the docs anew, out of committed cases (needs a Chromium)
	@$(VENV)/python -m scripts.pictures

localcloud: setup ## the tests on the real engine, the Kubernetes API and the AWS emulators
	@$(VENV)/python -m scripts.check localcloud

generate: setup ## write the generated parts of the docs anew
	@$(VENV)/python -m scripts.generate

bench: setup ## measure, and write docs/benchmarks.md
	@$(VENV)/python -m scripts.bench

clean: ## stop the local cloud and remove what the targets made in this clone (not the per-user cache)
	@if [ -x $(VENV)/modelway ]; then $(VENV)/modelway local down; fi
	@rm -rf .venv .modelway build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
