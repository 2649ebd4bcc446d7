# Versions of the tools. Go tools are pinned in tools/go.mod.
GO_VERSION    := 1.26
CLANG         := clang-19
LLVM_STRIP    := llvm-strip-19

# Debian packages: what `make generate` needs, and what `make test` and
# `make bench` run or trace. Nothing else installs packages.
GENERATE_PACKAGES := clang-19 llvm-19 libbpf-dev
TEST_PACKAGES := gcc gcc-multilib libc6-dev make strace gdb procps util-linux \
	coreutils findutils tar gzip git python3 perl sqlite3 curl openssl \
	openssh-client redis-server redis-tools bpftool
BENCH_PACKAGES := linux-perf

GO      := go
TEST_FLAGS ?= -timeout 25m
export CGO_ENABLED := 0

.DEFAULT_GOAL := help
.PHONY: help run build test check generate fresh bench packages generate-packages bench-packages

help: ## list what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "%-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## trace a sample command (asks sudo for root where needed)
	@if [ "$$(id -u)" = 0 ]; then set -x; bin/ebtrace -- ls -l /etc/hostname; \
	else set -x; sudo bin/ebtrace -- ls -l /etc/hostname; fi

build: ## a static bin/ebtrace; needs Go alone
	$(GO) build -trimpath -ldflags='-s -w' -o bin/ebtrace ./cmd/ebtrace

test: packages build ## every test; what needs root or a missing program is skipped by name, with EBTRACE_STRICT=1 it fails
	$(GO) vet ./test/...
	$(GO) test -p 2 $(TEST_FLAGS) ./...

check: ## format, vet, staticcheck, generated files are fresh
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "not gofmt'ed: $$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool -modfile=tools/go.mod staticcheck ./...
	@$(MAKE) --no-print-directory fresh

generate: ## rebuild everything generated: BPF objects, wire types, numbers, constants, layouts
	$(GO) generate ./...

fresh: generate-packages
	@if ! command -v $(CLANG) >/dev/null; then \
		if [ -n "$$EBTRACE_STRICT" ]; then echo "no $(CLANG): cannot check generated files"; exit 1; fi; \
		echo "SKIP generated files: no $(CLANG)"; \
	else \
		sum() { git ls-files -z -- '*_bpfel.*' '*/zz_*' | xargs -0 sha256sum; }; \
		before=$$(sum); $(GO) generate ./... || exit 1; \
		if [ "$$before" != "$$(sum)" ]; then echo "generated files were stale; now rebuilt: commit them"; \
			git status --short -- '*_bpfel.*' '*/zz_*'; exit 1; fi; \
		echo "generated files are fresh"; \
	fi

bench: bench-packages build ## measure against the targets: ratios, instructions per call, memory, start-up (root)
	$(GO) run ./test/bench

# $(call install,packages): what is missing, if this is root on Debian and the
# archive can be reached; otherwise the tests skip by name.
define install
	@command -v dpkg-query >/dev/null || exit 0; \
	missing=$$(for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" != 0 ]; then echo "not root, so not installed:" $$missing; exit 0; fi; \
	echo "installing:" $$missing; \
	export DEBIAN_FRONTEND=noninteractive; \
	{ apt-get install -y -q --no-install-recommends $$missing || \
	  { apt-get update -q && apt-get install -y -q --no-install-recommends $$missing; }; } || \
	echo "could not install:" $$missing
endef

packages:
	$(call install,$(TEST_PACKAGES))
generate-packages:
	$(call install,$(GENERATE_PACKAGES))
bench-packages:
	$(call install,$(TEST_PACKAGES) $(BENCH_PACKAGES))

include vmtest/vmtest.mk
