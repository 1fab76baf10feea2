# Everything there is to do here. `make run` starts the product and `make test`
# proves it; both install what they miss. `make help` lists the rest.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# nodynamic: HEIC is decoded by the library's own WebAssembly, and nothing looks
# for a libheif that happens to be installed. The version is given below, so
# that a build does not depend on who owns the checkout.
export GOFLAGS := $(strip $(GOFLAGS) -tags=nodynamic -buildvcs=false)
export CGO_ENABLED := 1

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
# Shared libraries are looked for beside the binary first, so that the very
# same build runs here and from the tarball.
LDFLAGS := -X main.version=$(VERSION) -extldflags '-Wl,--enable-new-dtags,-rpath,\$$ORIGIN/lib'

DATA ?= ../shared/data
GOTESTFLAGS ?=

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## Product

.PHONY: run
run: build ## install what is missing, build, and start the service
	bin/idproof serve

.PHONY: build
build: setup web ## build bin/idproof with its web pages
	go build -ldflags "$(LDFLAGS)" -o bin/idproof ./cmd/idproof

.PHONY: dist
dist: setup web ## make dist/*.tar.gz, which runs on a bare Debian 12
	go build -trimpath -ldflags "$(LDFLAGS) -s -w" -o bin/dist/idproof ./cmd/idproof
	scripts/dist $(VERSION) bin/dist/idproof

.PHONY: dist-test
dist-test: dist ## try the tarball in an empty Debian 12
	scripts/packages dist
	scripts/dist-test

## Set-up

.PHONY: setup
setup: ## install what the build needs: Debian packages, models
	@scripts/tools-check
	@scripts/packages build
	@scripts/fetch-models

.PHONY: setup-test
setup-test: setup
	@scripts/packages test

# npm leaves .package-lock.json behind when an install is complete.
%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	cd $* && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

WEB_SOURCES := $(shell find web sdk -type f -not -name '*.go' -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -path 'web/test/*')

.PHONY: web
web: web/dist/manifest.json

web/dist/manifest.json: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

## Tests

.PHONY: test
test: test-go test-web test-e2e ## set up and run every test

.PHONY: test-quick
test-quick: GOTESTFLAGS += -short
test-quick: test-go test-web ## the tests without the slow ones and the browser

.PHONY: test-go
test-go: setup-test web
	scripts/licences
	go vet ./...
	go test -timeout 20m $(GOTESTFLAGS) ./...

.PHONY: test-web
test-web: web/node_modules/.package-lock.json
	cd web && npm test --silent

.PHONY: test-e2e
test-e2e: setup-test build e2e/node_modules/.package-lock.json ## through real Chromium
	cd e2e && npm test --silent

.PHONY: screenshots
screenshots: setup-test build e2e/node_modules/.package-lock.json ## pictures of every screen, in dist/screenshots
	cd e2e && npm run --silent screenshots

.PHONY: bench
bench: setup-test web ## speed of the hot paths
	go test -run '^$$' -bench . -benchmem -timeout 30m ./...

.PHONY: soak
soak: setup-test web ## kill workers and cut connections for FOR=10m, and see that nothing is lost
	IDPROOF_SOAK=$(or $(FOR),10m) go test -timeout 90m -run TestSoak -v ./internal/server

.PHONY: eval
eval: build ## accuracy and speed on the development pictures, or on drawn specimens
	scripts/eval $(DATA)

# LINES are drawn once; START goes on from the .pt of an earlier run.
TYPEFACES := /usr/share/fonts/truetype/dejavu/*Mono*.ttf,/usr/share/fonts/truetype/liberation/*Mono*.ttf,/usr/share/fonts/truetype/liberation/LiberationSans-*.ttf
.PHONY: train-mrz
train-mrz: setup ## the reader of machine-readable zones, trained anew (see training/README.md)
	mkdir -p dist/training
	go build -o dist/training/lines ./training/lines
	test -f dist/training/fine/lines.tsv || dist/training/lines -n $(or $(LINES),20000) -seed 101 -out dist/training/fine -fonts '$(TYPEFACES)'
	test -f dist/training/coarse/lines.tsv || dist/training/lines -n $(or $(LINES),20000) -seed 102 -out dist/training/coarse -fonts '$(TYPEFACES)' -min-pitch 4.5 -max-pitch 12
	OMP_NUM_THREADS=1 nice -n 5 /usr/bin/python3 training/mrz/train.py --start $(or $(START),models/fetched/ppocr3_latin.onnx) \
		--frozen 5 --batch 8 --rate 4e-4 --drawn dist/training/fine dist/training/coarse --out dist/training/mrz_rec.pt --minutes $(or $(MINUTES),75)
	/usr/bin/python3 training/mrz/export.py dist/training/mrz_rec.pt models/mrz_rec.onnx

.PHONY: train-text
train-text: setup ## the reader of printed text, trained anew (see training/README.md)
	mkdir -p dist/training
	OMP_NUM_THREADS=1 nice -n 5 /usr/bin/python3 training/text/train.py --start $(or $(START),models/fetched/ppocr3_latin.onnx) \
		--cache dist/training --out dist/training/text_rec.pt --minutes $(or $(MINUTES),75)
	/usr/bin/python3 training/text/export.py dist/training/text_rec.pt models/text_rec.onnx

# PICTURES are folders of documents, faces, photographs of anything; specimens are drawn without.
.PHONY: train-screens
train-screens: setup build ## the network that tells photographs of screens, trained anew (see training/README.md)
	mkdir -p dist/training
	test -n "$(PICTURES)" -o -d dist/training/specimens || bin/idproof specimen --count 200 --photo --out dist/training/specimens
	test -d dist/training/screens || /usr/bin/python3 training/screens/make.py --pictures $(or $(PICTURES),dist/training/specimens) --out dist/training/screens --count $(or $(COUNT),2000)
	OMP_NUM_THREADS=1 nice -n 5 /usr/bin/python3 training/screens/train.py --detector models/fetched/ppocr4_det.onnx \
		$(addprefix --start ,$(START)) --drawn dist/training/screens --out dist/training/screen.pt --minutes $(or $(MINUTES),60)
	/usr/bin/python3 training/screens/export.py --detector models/fetched/ppocr4_det.onnx dist/training/screen.pt models/screen.onnx

## Style

.PHONY: lint
lint: setup web bin/golangci-lint ## linters for Go and the web
	bin/golangci-lint run ./...
	cd web && npm run --silent check

.PHONY: fmt
fmt: bin/golangci-lint ## format the Go code
	bin/golangci-lint fmt ./...

bin/golangci-lint: tools/go.mod tools/go.sum
	go build -modfile=tools/go.mod -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: clean
clean: ## remove what was built, keep what was fetched
	rm -rf bin dist web/dist
