# Two commands do all the set-up: `make run` builds whosekey and shows it on a
# small repository, `make test` passes the tests.

GO    ?= go
BIN   := bin/whosekey
FUZZ  ?= 30s
PKGS  ?= ./...
REPOS ?=
REPO  ?= .

.PHONY: build generate calibrate mutate hostile run test check bench bench-sweep bench-store kill-sweep bench-history bench-files bench-logs bench-go bench-image bench-curve bench-exact fuzz page schemas need-go need-git need-curl need-servers need-pre-commit need-browser clean

# Without C, as releases are: to load libc at each start takes most of a millisecond.
build: need-go
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o $(BIN) ./cmd/whosekey

# What is made of the provider files: their second form, which scans start from,
# and tables in docs/verification.md and docs/identity.md. TestSnapshot,
# TestProviderTable and TestDocumentation ask for them.
generate: need-go
	$(GO) test -count=1 ./rules -run TestSnapshot -update
	$(GO) test -count=1 ./verify -run TestProviderTable -update
	$(GO) test -count=1 ./identity/risk -run TestDocumentation -update

# How often what is said of credentials is right: in five generated companies,
# with the table of docs/identity.md.
calibrate: need-go need-git
	WHOSEKEY_CALIBRATE=5 $(GO) test -count=1 -timeout=2h ./cmd/whosekey -run TestCalibration -v -update

# make mutate [RULES=PROVIDER]: changes in patterns that no example notices.
RULES ?= all
mutate: need-go
	WHOSEKEY_MUTATE=$(RULES) $(GO) test -count=1 ./rules -run TestMutants -v

# make hostile: the rules that take longest on text that nearly matches them.
hostile: need-go
	WHOSEKEY_HOSTILE=1 $(GO) test -count=1 ./detectors -run TestHostileText -v

# The demonstration has leaks, so whosekey exits with 1.
run: build need-git
	@sh scripts/demo.sh demo $(BIN)
	./$(BIN) git demo; test $$? -eq 1
	@echo
	@echo "That was the demonstration. Now your own: ./$(BIN) git PATH"

# Builds the script and the style of the HTML report, which are committed.
page:
	sh scripts/page.sh
	cd report/page && npm run --silent build

test: need-go need-git need-curl need-servers need-pre-commit need-browser
	$(GO) vet ./...
	$(GO) test -timeout 30m ./...

check: test
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	$(GO) test -race -timeout 30m ./detectors/... ./internal/... ./leak ./pipeline ./policy ./scanners/... ./report ./verify/...
	$(MAKE) fuzz FUZZ=20s

# make bench REPOS="PATH..." [RUNS=3] [REPACK=1] [PEERS=] [TREE=DIR]: what
# whosekey costs beside git and the peers that are on PATH, then its parts.
# docs/benchmarks.md says what the columns mean.
bench: bench-history bench-files bench-go

bench-history: build need-git
	@if [ -n "$(REPOS)" ]; then bash scripts/bench.sh $(BIN) $(REPOS); else echo 'No history is measured: make bench REPOS="PATH..."'; fi

bench-files: build need-git
	@bash scripts/bench-files.sh $(BIN)

# make schemas [SCHEMAS=DIR]: action.yml, the files for hooks and the report for GitLab
# against the schemas that are published for them, downloaded or in DIR.
schemas: need-go need-curl
	@sh scripts/schemas.sh

# What a log of 1 GB in gzip costs beside gzip -dc.
bench-logs: build
	@bash scripts/bench-logs.sh $(BIN)

bench-go: need-go
	$(GO) test -run '^$$' -bench . -benchmem ./internal/... ./detectors ./leak ./report ./rules ./scanners/...

# What searching images costs beside unpacking their layers: 1 GB, ten layers.
bench-image: build
	@bash scripts/bench-image.sh $(BIN)

# What a sweep of 500 repositories costs: the first, one without and one with changes;
# then how several workers share the work on PostgreSQL.
bench-sweep: need-go need-git need-servers
	WHOSEKEY_SWEEP_REPOS=500 $(GO) test -count=1 -timeout 30m ./cmd/whosekey -run TestSweepCost -v
	@for n in 1 2 4 8; do WHOSEKEY_SHARED_REPOS=400 WHOSEKEY_WORKERS=$$n WHOSEKEY_PATIENCE=900 $(GO) test -count=1 -timeout 30m ./cmd/whosekey -run TestWorkersShareTheWork -v | grep workers; done

# What status, digests and the page of a store of 10,000 repositories and 1,000,000
# findings cost, on SQLite and PostgreSQL: 5 GB of disk, for a while.
bench-store: need-go need-servers
	WHOSEKEY_STORE_FINDINGS=1000000 WHOSEKEY_PATIENCE=900 $(GO) test -count=1 -timeout 60m ./cmd/whosekey -run TestMillionFindings -v

# Sweeps that are killed 50 times on either database lose nothing.
kill-sweep: need-go need-git need-servers
	WHOSEKEY_KILLS=50 WHOSEKEY_KILL_REPOS=1200 $(GO) test -count=1 -timeout 60m ./cmd/whosekey -run TestKilledSweeps -v

# make bench-curve REPO=PATH: how the cost grows with the history.
bench-curve: build need-git
	@bash scripts/bench-curve.sh $(BIN) $(REPO)

# make bench-exact REPOS="PATH...": searching along deltas finds in them exactly
# what searching every version whole finds.
bench-exact: need-go
	WHOSEKEY_REPOSITORIES=$$(realpath $(REPOS) | paste -sd: -) $(GO) test -count=1 -timeout 60m ./scanners/gitrepo -run DeltaAware -v

# Every fuzz target of PKGS for FUZZ each, from the corpus in its testdata/fuzz.
fuzz: need-go
	@set -e; for pkg in $$($(GO) list $(PKGS)); do \
		for t in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "$$pkg $$t"; \
			$(GO) test -run '^$$' -fuzz "^$$t\$$" -fuzztime $(FUZZ) -fuzzminimizetime 1x $$pkg; \
		done; \
	done

need-go:
	@command -v $(GO) >/dev/null || { echo "whosekey is built with Go 1.26 or newer: https://go.dev/doc/install" >&2; exit 2; }

# The tests and the demonstration make repositories with git; whosekey itself
# does not need it.
need-git:
	@command -v git >/dev/null || sh scripts/install.sh git

# The action's installer is tested with a release that curl gets from a folder.
need-curl:
	@command -v curl >/dev/null || sh scripts/install.sh curl

# Databases, brokers and directories that the tests of package verify log in to.
need-servers:
	@sh scripts/servers.sh

# The hooks are tested under the real pre-commit.
need-pre-commit:
	@command -v pre-commit >/dev/null || sh scripts/install.sh pre-commit || { test "$$CI" != true && echo "without pre-commit its tests are skipped" >&2; }

# The HTML report is tested in a browser, and what it is built of with its rules
# for accessibility.
need-browser:
	@for b in chromium chromium-browser google-chrome google-chrome-stable; do command -v $$b >/dev/null && exit 0; done; \
		sh scripts/install.sh chromium || { test "$$CI" != true && echo "without chromium the tests of the page are skipped" >&2; }
	@sh scripts/page.sh || { test "$$CI" != true && echo "without npm the page is not checked by axe, nor built again" >&2; }

clean:
	rm -rf bin demo
