# make run        build what changed and start a server with no configuration
# make build      the web client and bin/switchyard
# make test       everything that has to pass; installs what it needs
# make check      the quick part of it
# make bench      what a forwarded packet costs, against the floor and against plain pion
# make benchmarks of single functions
# make load       idle peers, joins, floods: what the built program withstands
# make measure    the goals, with real browsers

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export PATH := $(PATH):/usr/local/go/bin
export GOFLAGS ?= -buildvcs=false

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
LDFLAGS := -s -w -X main.version=$(VERSION)

STATICCHECK := bin/tools/staticcheck
STATICCHECK_VERSION := v0.8.2
FUZZ_SECONDS ?= 2
# Arguments of `make run`: for instance SERVE="--http :8090"
SERVE ?= --tls self-signed

# What a change of means building anew. Only names are listed, so this is cheap.
GO_SOURCES := $(shell find cmd sfu access signaling configs controlapi services internal web/embed.go -name '*.go' ! -name '*_test.go' 2>/dev/null) \
	$(shell find controlapi services internal -name '*.sql' 2>/dev/null) $(wildcard configs/*.yaml) go.mod go.sum
WEB_SOURCES := $(shell find web -type d \( -name node_modules -o -name dist \) -prune -o -type f ! -name '*.go' ! -name '*.md' ! -name '*.test.ts*' -print 2>/dev/null)
WEB_BUILT := web/dist/index.html

.PHONY: run build test check bench benchmarks load measure format vet staticcheck unit race fuzz web-check e2e clean

run: build
	@exec bin/switchyard serve $(SERVE)

build: bin/switchyard

bin/switchyard: $(GO_SOURCES) $(WEB_BUILT)
	@scripts/need.sh go
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./cmd/switchyard

$(WEB_BUILT): web/node_modules/.package-lock.json $(WEB_SOURCES) CHANGELOG.md
	cd web && npm run --silent build
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	@scripts/need.sh node
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

e2e/node_modules/.package-lock.json: e2e/package-lock.json
	@scripts/need.sh node
	cd e2e && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Everything. The steps are in the order in which they fail cheapest.
test:
	@scripts/need.sh go node gcc chromium firefox ffmpeg postgres radicale
	@scripts/step.sh "formatting" $(MAKE) format
	@scripts/step.sh "web: types, lint, unit tests" $(MAKE) web-check
	@scripts/step.sh "build" $(MAKE) build
	@scripts/step.sh "vet" $(MAKE) vet
	@scripts/step.sh "staticcheck" $(MAKE) staticcheck
	@scripts/step.sh "go test -race" $(MAKE) race
	@scripts/step.sh "fuzz, $(FUZZ_SECONDS) s a target" $(MAKE) fuzz
	@scripts/step.sh "end to end, real browsers" $(MAKE) e2e
	@echo "make test: all passed"

# Under two minutes: no race detector, no fuzzing, no browsers.
check:
	@scripts/need.sh go node postgres radicale
	@scripts/step.sh "formatting" $(MAKE) format
	@scripts/step.sh "vet" $(MAKE) vet
	@scripts/step.sh "go test" $(MAKE) unit
	@scripts/step.sh "web: types, lint, unit tests" $(MAKE) web-check
	@scripts/step.sh "build" $(MAKE) build
	@echo "make check: all passed"

format:
	@files=$$(gofmt -l bench cmd sfu access signaling configs controlapi services e2e/load internal web/*.go); \
	if [ -n "$$files" ]; then echo "gofmt -w is needed for:"; echo "$$files"; exit 1; fi

vet:
	go vet ./...

staticcheck: $(STATICCHECK)
	$(STATICCHECK) ./...

$(STATICCHECK): Makefile
	@scripts/need.sh go
	GOBIN=$(CURDIR)/bin/tools go install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)
	@touch $@

unit:
	go test -short ./...

race:
	@scripts/need.sh go gcc
	CGO_ENABLED=1 go test -race -p 2 -timeout 10m ./...

fuzz:
	@scripts/fuzz.sh $(FUZZ_SECONDS)

web-check: web/node_modules/.package-lock.json
	cd web && npm run --silent check && npm test --silent

e2e: bin/switchyard bin/tools/load e2e/node_modules/.package-lock.json
	@scripts/need.sh chromium firefox ffmpeg
	cd e2e && npm test --silent

# Arguments of `make bench` and `make load`, for instance BENCH=-quick
BENCH ?=
LOAD ?= -pin 0

bench:
	@scripts/need.sh go
	CGO_ENABLED=0 go build -trimpath -o bin/tools/bench ./bench
	@bin/tools/bench $(BENCH)

benchmarks:
	@scripts/need.sh go
	CGO_ENABLED=0 go test -run '^$$' -bench . -benchmem ./sfu/... ./internal/...

bin/tools/load: $(wildcard e2e/load/*.go) go.mod
	@scripts/need.sh go
	CGO_ENABLED=0 go build -trimpath -o $@ ./e2e/load

load: bin/switchyard bin/tools/load
	@for what in idle joins wrap garbage sysctl; do echo "== $$what"; bin/tools/load $$what -server bin/switchyard $(LOAD); done

measure: bin/switchyard bin/tools/load e2e/node_modules/.package-lock.json
	@scripts/need.sh chromium firefox ffmpeg
	cd e2e && npm run --silent measure

clean:
	rm -rf bin web/dist/assets web/dist/index.html e2e/out
