# The project's commands. "make" alone prints them.

GO      ?= go
GOBIN   := $(CURDIR)/bin
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
STAT    := golang.org/x/perf/cmd/benchstat@latest
PKGS    := ./...

.DEFAULT_GOAL := help

.PHONY: help
help: ## print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z\/-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/filavip, static, for this machine
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/filavip ./cmd/filavip

.PHONY: tools
tools: # what the tests need beside Go
	@.ci/tools gcc node npm chromium redis-server

.PHONY: test
test: test/go fleet test/web ## vet, and run all tests: Go's with the race detector, those that harm a fleet, the dashboard's in a browser

.PHONY: test/go
test/go: tools ## run Go's tests, with the race detector
	$(GO) vet $(PKGS)
	CGO_ENABLED=1 $(GO) test -race -timeout 9m $$($(GO) list $(PKGS) | grep -v /fleetkit)

.PHONY: test/web
test/web: tools build web/node_modules ## run the dashboard's tests, and those of Socket.IO with the official client
	cd web && npm run --silent check && npm test && npm run --silent e2e

.PHONY: ui
ui: web/node_modules ## build the dashboard anew; it fails if what is committed was built from something else
	cd web && npm run --silent build
	@git diff --exit-code --stat -- internal/ui/dist internal/realtime/socketio/client && \
		test -z "$$(git status --porcelain -- internal/ui/dist internal/realtime/socketio/client)" || \
		{ echo "internal/ui/dist was not what the sources build; commit it"; exit 1; }

.PHONY: screenshots
screenshots: tools build web/node_modules ## take pictures of every view, into web/screenshots
	cd web && npm run --silent screenshots

web/node_modules: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

.PHONY: test/short
test/short: ## run the quick tests, without the race detector
	$(GO) test -short -timeout 3m $(PKGS)

.PHONY: kill
kill: ## kill the real binary again and again, and cut the power in simulation
	$(GO) test -count=1 -v -timeout 9m -run 'TestKill|TestPowerLoss|TestTeeth' ./internal/crashkit

.PHONY: fleet
fleet: ## kill and suspend processes of a fleet again and again, and fail their servers
	@.ci/tools redis-server
	$(GO) test -count=1 -v -timeout 20m -parallel 4 ./internal/fleetkit

.PHONY: model
model: ## compare the embedded store with the one in memory, over random operations
	$(GO) test -count=1 -timeout 9m -run TestModel -v ./internal/store/pebblestore -rapid.checks 500

.PHONY: conformance
conformance: ## run the store's suite and model check on a real MongoDB: MONGO_TEST_URI=mongodb://... make conformance
	@test -n "$(MONGO_TEST_URI)" || { \
		echo "MONGO_TEST_URI is not set: name a MongoDB, as in MONGO_TEST_URI='mongodb://HOST:27017/?replicaSet=rs0' make conformance" >&2; \
		echo "It needs the right to create and drop databases named filavip_test_*, and touches no others." >&2; exit 1; }
	@.ci/tools redis-server
	$(GO) test -count=1 -v -timeout 60m -run '^(TestConformance|TestModel)$$' ./internal/store/mongoredis

.PHONY: deploy/check
deploy/check: ## check deploy/ and the Dockerfile with docker compose config and helm, which need no engine
	@.ci/tools node
	deploy/check

.PHONY: lint
lint: ## run golangci-lint
	$(GO) run $(LINT) run

.PHONY: bench
bench: build ## measure whole runs against the floor of this machine's disk
	bin/filavip bench --runs 5

.PHONY: bench/go
bench/go: ## run the benchmarks of the packages
	$(GO) test -run '^$$' -bench . -benchmem $(PKGS)

.PHONY: bench/compare
bench/compare: ## measure beside a Node worker with Bull, on the same Redis and MongoDB (MONGO_TEST_URI, or a test double)
	@.ci/tools node npm redis-server
	$(GO) run ./bench/compare

.PHONY: fuzz
fuzz: ## fuzz every decoder for 15 seconds
	@for f in $$(grep -rho 'func Fuzz[A-Za-z0-9_]*' --include=*_test.go internal | sed 's/func //' | sort -u); do \
		pkg=$$(grep -rl "func $$f(" --include=*_test.go internal | head -1 | xargs dirname); \
		echo "== $$f in $$pkg"; \
		$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 15s ./$$pkg || exit 1; \
	done

.PHONY: cross
cross: ## build for linux/arm64, darwin/arm64 and windows/amd64
	@for t in linux/arm64 darwin/arm64 windows/amd64; do \
		echo "== $$t"; \
		CGO_ENABLED=0 GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build -trimpath -o bin/$${t%/*}-$${t#*/}/ ./cmd/filavip || exit 1; \
	done

.PHONY: golden
golden: ## rewrite the golden files from what the code does now
	$(GO) test ./internal/wire ./internal/api ./internal/orderio -update

.PHONY: clean
clean: ## remove what the build made
	rm -rf bin web/screenshots
