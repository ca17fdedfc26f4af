# `make help` lists the targets: each line of the form "name: … ## what it does".
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
FUZZTIME ?= 30s
KILLS    ?= 200
DURATION ?= 1h
STORED   ?= 10000000
ANSWERS  ?= 1000000
INVITED  ?= 10000
COUNT    ?= 20

.PHONY: help run test deps check lint vulnerabilities browser fmt bench benchmany benchasking plans fuzz crash faults soak often cover clean

help: ## List these targets.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  \1\t\2/' | expand -t 12

run: ## Show the product in the browser, with sample data.
	$(GO) run ./cmd/aftercare demo

test: deps ## Install what is missing, then run every test.
	# Tests of one package that may run beside each other mostly wait; so do whole packages, so that one more is under way than there are processors.
	# Those that take longest begin first, so that none is left to end alone, and lint vets all. Debuggers look at no test here: linking without what
	# they need takes two thirds of the time. The compiler lives for seconds, and collects garbage seldom.
	$(GO) test -toolexec 'env GOGC=800 GOMEMLIMIT=1500MiB' -vet=off -ldflags=-w -timeout 20m -parallel 4 -p $$(($$(getconf _NPROCESSORS_ONLN) + 1)) ./cmd/aftercare ./bot ./web/admin ./bot/asking ./storage/postgres ./internal/app ./storage/sqlite ./docs/guides ./...

deps: ## Install PostgreSQL, Chromium and fonts, if they are missing (Debian, needs root or sudo).
	scripts/deps.sh

check: ## Vet the code and see that it is formatted.
	$(GO) vet ./...
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	if [[ -n "$$unformatted" ]]; then echo "Run make fmt; these files are not formatted:"; echo "$$unformatted"; exit 1; fi

fmt: ## Format the code.
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

lint: check vulnerabilities ## Vet, see that all is formatted, run the linters (staticcheck, gosec, gofumpt among them) and look up vulnerabilities (downloads and builds them the first time).
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...

vulnerabilities: ## Look up what the program is made of among the known vulnerabilities; says so if their data cannot be reached.
	GO="$(GO)" scripts/vulnerabilities.sh

browser: deps ## Walk the pages through every look, width and language in a browser, and compare their figures, and those of the dashboards, under a hundred filters.
	$(GO) test -tags matrix -run Matrix -timeout 40m ./web/admin ./adapters/webchat ./cmd/aftercare
	$(GO) test -run '^(TestAFigureIs|TestCasesAsksAndComplaintsAre|TestEachPanelOfTheDashboards)' -timeout 20m ./web/admin -args -filters=100

bench: ## Measure what everything costs and write docs/performance.md (needs PostgreSQL, about seven minutes); with ONLY=NAME one part of it. With AGAINST=PATH compare with the build at PATH, in turns, and write nothing.
	$(GO) run ./internal/bench $(if $(ONLY),-only "$(ONLY)") $(if $(AGAINST),-against "$(AGAINST)",-page docs/performance.md)

benchmany: ## Measure with STORED (10000000) stored answers, with a chat of 20,000 cards, and all pages of staff on both engines with 100,000 cases, and take it into docs/performance.md (an hour of a calm machine, 20 GB of disk).
	$(GO) run ./internal/bench -only stored -stored $(STORED) -page docs/performance.md
	$(GO) run ./internal/bench -only pages -stored $(STORED) -cases 100000 -page docs/performance.md

benchasking: ## Measure what asking costs and take it into docs/performance.md: a million who wait, a sheet of a million rows, INVITED (10000) invitations at Telegram's limit (needs PostgreSQL, half an hour).
	$(GO) run ./internal/bench -only asking -page docs/performance.md
	$(GO) run ./internal/bench -only invitations -invited $(INVITED) -page docs/performance.md

plans: ## Fill a database with ANSWERS (1000000), beside a chat of 20,000 cards and a backlog of 100,000, and count the pages that each read touches (needs PostgreSQL).
	AFTERCARE_FILL=$(ANSWERS) $(GO) test ./storage/postgres -run TestWhatIsReadOftenStaysCheapAsTheDatabaseFills -count=1 -v -timeout 60m

crash: ## Kill the real process KILLS (200) times under load and count what was lost.
	$(GO) run ./internal/faults -kills $(KILLS) crash

faults: ## Play every fault of networks, databases, disks and instances, long; writes docs/reliability.md.
	$(GO) run ./internal/faults -kills $(KILLS) faults

soak: ## Run under load for DURATION (1h) and compare what the process holds.
	$(GO) run ./internal/faults -soak $(DURATION) soak

often: deps ## Run the tests of PACKAGES (all that start a process, a database or a browser) COUNT (20) times beside a busy loop on each processor: hours.
	GO="$(GO)" COUNT=$(COUNT) scripts/often.sh $(PACKAGES)

fuzz: ## Fuzz every fuzz target for FUZZTIME (30s), and compare the machines with their models.
	$(GO) run ./internal/faults -fuzztime $(FUZZTIME) fuzz

cover: ## Write the test coverage to coverage.html.
	$(GO) test -timeout 9m -coverpkg=./... -coverprofile=coverage.out ./...
	$(GO) tool cover -html=coverage.out -o coverage.html
	$(GO) tool cover -func=coverage.out | tail -n 1

clean: ## Remove what the other targets wrote.
	rm -rf bin coverage.out coverage.html
