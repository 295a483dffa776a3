# `make help` lists the targets. build, test and demo need only
# Go 1.25 or later, make and git. In a fresh clone Go first downloads the modules in
# go.mod. The other targets print what is missing.

VERSION     := $(shell sed -n 's/^\#\# \([0-9][^ ]*\).*/\1/p' CHANGES.md | head -n 1)
# Where `make install` puts the binary and the sample configuration: where the
# program that it replaces has them, and the master.cf line of the README names
# them. PREFIX=/usr/local leaves /usr to packages.
PREFIX      ?= /usr
DESTDIR     ?=
CONFDIR     ?= /etc/python-policyd-spf
# Other places where the binary looks for a configuration if master.cf names none.
OTHERCONFDIRS := /etc/postfix-policyd-spf-python /etc/policyd-spf /usr/local/etc/python-policyd-spf
FUZZTIME    ?= 30s
GO          ?= go

# Pinned, and run by version, so that no go.mod of ours has to require them.
# nfpm stays at the last version whose requirements are all available.
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.1.4
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
NFPM        := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.44.2

# The same sources and the same Go produce the same bytes, wherever and whenever they
# are built: no paths, no state of the working copy, no C compiler.
BUILDFLAGS  := -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)'
BUILD       := CGO_ENABLED=0 GOFLAGS= $(GO) build $(BUILDFLAGS)
# Tools run on this host, whatever the target platform is.
TOOL        := CGO_ENABLED=0 GOFLAGS= GOOS= GOARCH= GOARM= $(GO) run
PLATFORMS   := linux/amd64 linux/arm64 linux/arm/7 linux/riscv64 freebsd/amd64
MANPAGES    := policyd-spf.1 policyd-spf.conf.5 policyd-spf.peruser.5

# Modules beside the main one, for what only tests and tools need. `make e2e` runs the
# tests of e2e; `make lint` vets it.
NESTED      := $(patsubst %/go.mod,%,$(shell find . -mindepth 2 -name go.mod -not -path './dist/*'))
TESTED      := $(filter-out ./e2e,$(NESTED))

.PHONY: help build test cover lint vuln demo bench fuzz soak e2e fleet install deb rpm tarball release version module-path clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

build: ## build ./policyd-spf: static and reproducible
	$(BUILD) -o policyd-spf .
	cd tools && $(TOOL) ./zipapp ../policyd-spf

# The race detector needs a C compiler; without one the tests run without it. The
# timeout is for what hangs: Chromium alone takes ten minutes on a busy machine.
test: build ## run all tests
	@if command -v "$${CC:-cc}" gcc clang >/dev/null 2>&1; then race=-race; cgo=1; \
	else race=; cgo=0; echo "SKIPPED: the race detector is left out: no C compiler"; fi; \
	for shell in bash zsh fish; do \
		command -v $$shell >/dev/null || echo "SKIPPED: the completions for $$shell are not tested: no $$shell"; \
	done; \
	for m in . $(TESTED); do \
		echo "== $$m"; \
		(cd $$m && CGO_ENABLED=$$cgo $(GO) test $$race -shuffle=on -timeout 30m ./...) || exit 1; \
	done; \
	if [ -n "$$race" ]; then echo "== the report's 50 streams, of which the race detector sees 4"; \
		CGO_ENABLED=0 $(GO) test -run 'Findings_seeds|Advice_safe' ./report; fi

# Recorded output in testdata is not checked.
lint: ## run gofmt, go vet, staticcheck, mandoc -Tlint and apparmor_parser; look for phrases
	@list=$$(mktemp); trap 'rm -f "$$list"' EXIT; grep -v '^#' .ci/phrases >"$$list"; \
	hits=$$(find . -path ./dist -prune -o -path '*/testdata' -prune -o -type f \
		\( -name '*.go' -o -name '*.md' -o -name Makefile -o -path './man/*' -o -path './packaging/*' -o -path ./.ci/run \) \
		-exec grep -nE -f "$$list" {} +); \
	if [ -n "$$hits" ]; then echo "phrases that .ci/phrases lists:"; echo "$$hits"; exit 1; fi
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	@for m in . $(NESTED); do \
		echo "== vet $$m"; \
		(cd $$m && $(GO) vet ./...) || exit 1; \
	done
	GOARCH=386 CGO_ENABLED=0 $(GO) vet ./...
	@for m in . $(NESTED); do \
		echo "== staticcheck $$m"; \
		(cd $$m && $(GO) run $(STATICCHECK) ./...) || exit 1; \
	done
	@if command -v mandoc >/dev/null; then \
		out=$$(mandoc -Tlint $(MANPAGES:%=man/%) 2>&1 | grep -v 'mandoc\.db'); \
		if [ -n "$$out" ]; then echo "$$out"; exit 1; fi; \
	else echo "SKIPPED: the manual pages are not checked: no mandoc"; fi
	@PATH=$$PATH:/sbin:/usr/sbin; if command -v apparmor_parser >/dev/null; then \
		apparmor_parser --quiet -QK packaging/apparmor/usr.bin.policyd-spf; \
	else echo "SKIPPED: the AppArmor profile is not checked: no apparmor_parser"; fi

cover: ## run the tests of the main module, print the coverage of each package
	@profile=$$(mktemp); trap 'rm -f "$$profile"' EXIT; \
	$(GO) test -coverpkg=./... -coverprofile="$$profile" ./... >/dev/null && \
	$(GO) tool cover -func="$$profile" | awk -F'[:\t]+' '/^total/ {print "total", $$NF}'; \
	$(GO) test -cover ./...

vuln: ## look for known vulnerabilities in what the program calls (needs the network)
	$(GO) run $(GOVULNCHECK) ./...

demo: build ## show requests and answers, from a zone file instead of the network
	@sh testdata/demo/show ./policyd-spf

bench: ## run the benchmarks: of the parts, and of the whole program (docs/performance.md)
	$(GO) test -run '^$$' -bench . -benchmem ./...
	cd suites && $(GO) test -run '^$$' -bench .

# Up to Go 1.26 a fuzzer can trip over its own deadline and fail without having
# found anything (Go issue 75804). What it finds, it writes to a file and says so.
fuzz: ## run each fuzz target for FUZZTIME
	@out=$$(mktemp); trap 'rm -f "$$out"' EXIT; \
	for p in $$($(GO) list -f '{{if or .TestGoFiles .XTestGoFiles}}.{{slice .Dir (len .Root)}}{{end}}' ./...); do \
		for f in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$p/*_test.go); do \
			echo "== $$p $$f"; \
			if $(GO) test -vet=off -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$p >"$$out" 2>&1; then cat "$$out"; continue; fi; \
			cat "$$out"; \
			if grep -q 'Failing input' "$$out" || ! grep -q '^ *context deadline exceeded$$' "$$out"; then exit 1; fi; \
			echo "nothing was found: the fuzzer ran into its own deadline"; \
		done; \
	done

soak: build ## 1,000,000 requests on one connection, memory watched
	SOAK=1000000 $(GO) test -count=1 -run Soak -timeout 60m -v ./internal/cli

e2e: build deb rpm tarball ## run it behind a real Postfix (root, Debian's postfix, unbound, opendmarc)
	cd e2e && $(GO) test -count=1 -short -timeout 60m $(E2EFLAGS)

fleet: build ## measure what a shared resolver saves (docs/fleet.md)
	cd e2e && $(GO) test -count=1 -timeout 60m -run 'Fleet|Resolver' -v

install: build ## install the binary, the manual pages, completions and a sample configuration
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/man/man1' '$(DESTDIR)$(PREFIX)/share/man/man5'
	install -m 755 policyd-spf '$(DESTDIR)$(PREFIX)/bin/'
	install -m 644 man/policyd-spf.1 '$(DESTDIR)$(PREFIX)/share/man/man1/'
	install -m 644 man/policyd-spf.conf.5 man/policyd-spf.peruser.5 '$(DESTDIR)$(PREFIX)/share/man/man5/'
	install -d '$(DESTDIR)$(PREFIX)/share/bash-completion/completions' '$(DESTDIR)$(PREFIX)/share/zsh/site-functions' '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d'
	install -m 644 packaging/completions/policyd-spf.bash '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/policyd-spf'
	install -m 644 packaging/completions/_policyd-spf '$(DESTDIR)$(PREFIX)/share/zsh/site-functions/'
	install -m 644 packaging/completions/policyd-spf.fish '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/'
	@for dir in '$(CONFDIR)' $(OTHERCONFDIRS); do \
		if [ -e '$(DESTDIR)'"$$dir/policyd-spf.conf" ]; then \
			echo "make install: the configuration in $$dir is kept"; \
			[ "$$dir" = '$(CONFDIR)' ] || echo "make install: move it to $(CONFDIR), or name it in argv in master.cf"; \
			exit 0; \
		fi; \
	done; \
	install -d '$(DESTDIR)$(CONFDIR)' && \
	install -m 644 packaging/conf/policyd-spf.conf '$(DESTDIR)$(CONFDIR)/'
	@echo 'make install: in master.cf: argv=$(PREFIX)/bin/policyd-spf $(CONFDIR)/policyd-spf.conf'

deb: build ## build dist/policyd-spf_VERSION_ARCH.deb
	VERSION=$(VERSION) ARCH=$$($(GO) env GOARCH) packaging/package deb '$(GO) run $(NFPM)'

rpm: build ## build dist/policyd-spf-VERSION.ARCH.rpm
	VERSION=$(VERSION) ARCH=$$($(GO) env GOARCH) packaging/package rpm '$(GO) run $(NFPM)'

tarball: build ## build dist/policyd-spf-VERSION-OS-ARCH.tar.gz
	packaging/tarball policyd-spf policyd-spf-$(VERSION)-$$($(GO) env GOOS)-$$($(GO) env GOARCH) dist

release: ## build all platforms twice, compare, pack, with checksums and SBOMs
	VERSION=$(VERSION) packaging/release "$(BUILD)" "$(TOOL)" $(PLATFORMS)

version: ## print the version that CHANGES.md begins with
	@echo $(VERSION)

# The module path has no host until the project has a home.
module-path: ## rename the module: make module-path TO=example.org/policyd-spf
	@test -n "$(TO)" || { echo 'make module-path: expected TO=PATH, the new module path'; exit 2; }
	@from=$$($(GO) list -m); \
	git grep -lF "$$from" -- '*.go' '*go.mod' | while read -r f; do \
		sed -i -e "s,\"$$from\",\"$(TO)\",; s,\"$$from/,\"$(TO)/,; s,^module $$from,module $(TO),; s,^\([[:space:]]\|replace \)$$from \(v\|=\),\1$(TO) \2," "$$f"; \
	done
	$(GO) build ./... && for m in $(NESTED); do (cd $$m && $(GO) vet ./...) || exit 1; done

clean: ## remove what the other targets made
	rm -rf policyd-spf dist
