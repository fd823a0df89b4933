# Ambient. Two commands do everything on a fresh Debian 12: `make demo` and `make test`.
# Each sets up by itself what it needs; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOCK := requirements/dev.txt
# A test that hangs where its own time limit (1800 s at most) is swallowed says where, and its worker
# ends with it.
# That ends the run: pytest-xdist 3.8 waits for ever where it gives the files of a lost worker away.
HUNG := -o faulthandler_timeout=1900 -o faulthandler_exit_on_timeout=true --max-worker-restart=0
# No question of pip's or apt's may wait for an answer.
export PIP_NO_INPUT := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo test test-long lint lint-code lint-format lint-types lint-imports format lock docs audit bundle setup-train setup-peers clean

help: ## List what there is to make.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## Create or update .venv and get the models.
	$(BIN)/ambient models pull

demo: setup ## Node and hub on a recorded fall; opens the page and keeps running.
	$(BIN)/ambient demo $(DEMO_ARGS)

test: setup ## Run the tests; warnings are errors.
	./deploy/system-packages.sh test
	$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile $(HUNG) $(PYTEST_ARGS)

test-long: setup ## Run what takes longest: evaluations in small, two hubs, installing a room.
	./deploy/system-packages.sh test
	$(BIN)/python -m pytest -m long -n 2 --dist loadfile $(HUNG) $(PYTEST_ARGS)

lint: lint-code lint-format lint-types lint-imports ## Lint, format, strict types, import contracts.
lint-code: $(READY)
	$(BIN)/ruff check
lint-format: $(READY)
	$(BIN)/ruff format --check
lint-types: $(READY)
	$(BIN)/mypy
lint-imports: $(READY)
	$(BIN)/lint-imports

format: $(READY) ## Format the code and mend what can be mended.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(READY) ## Write the generated pages again.
	$(BIN)/ambient docs what-leaves --write docs/what-leaves.md
	$(BIN)/ambient docs cli --write docs/cli.md

audit: $(READY) ## Dependencies against the lock; known weaknesses, where advisories can be asked for.
	./deploy/audit.sh $(BIN)/python

# The file is touched last: a set-up that was cut off runs again.
$(READY): $(LOCK) pyproject.toml Makefile
	./deploy/system-packages.sh setup
	./deploy/system-packages.sh run
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --require-hashes --no-deps -r $(LOCK)
	$(BIN)/python -m pip install --no-deps --no-build-isolation -e .
	touch $@

# One lock per role, with hashes, naming no index. dev.txt is solved first and binds the others;
# train and peers clash with it and stand alone. OpenVINO's telemetry is left out: it sends usage
# data at import, and OpenVINO works without it. Hence a lock is installed with --no-deps; it is
# complete otherwise.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-config --custom-compile-command "make lock" $(LOCK_ARGS)
QUIET := --no-emit-package openvino-telemetry

lock: $(READY) ## Solve the locks again; LOCK_ARGS=--upgrade takes newer releases.
	$(COMPILE) pyproject.toml --extra node --extra hub --extra audio --extra vitals --extra research \
		--extra dev $(QUIET) -o $(LOCK)
	$(COMPILE) pyproject.toml -c $(LOCK) -o requirements/base.txt
	$(COMPILE) pyproject.toml --extra node $(QUIET) -c $(LOCK) -o requirements/node.txt
	$(COMPILE) pyproject.toml --extra hub -c $(LOCK) -o requirements/hub.txt
	$(COMPILE) pyproject.toml --extra audio $(QUIET) -c $(LOCK) -o requirements/audio.txt
	$(COMPILE) pyproject.toml --extra vitals -c $(LOCK) -o requirements/vitals.txt
	$(COMPILE) pyproject.toml requirements/build.in --extra train $(QUIET) -o requirements/train.txt
	$(COMPILE) pyproject.toml requirements/build.in --extra peers -o requirements/peers.txt

bundle: setup ## One file that installs node and hub without a network: dist/ambient-*.tar
	./deploy/bundle.sh $(BIN)/python

setup-train: .venv-train/.ready ## The environment for training (PyTorch, several GB).
setup-peers: .venv-peers/.ready ## The environment of the packages we only compare with.

.venv-%/.ready: requirements/%.txt pyproject.toml
	./deploy/system-packages.sh setup
	test -x .venv-$*/bin/python || $(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --require-hashes --no-deps -r requirements/$*.txt
	.venv-$*/bin/python -m pip install --no-deps --no-build-isolation -e .
	touch $@

clean: ## Remove what was built; environments and models stay.
	rm -rf dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
