# Proof on other kernels, in QEMU: see vmtest/main.go. KERNEL names kernels of
# the matrix ("6.12", "5.10,6.12/arm64", "all"), RUN the tests, IMAGE a kernel
# image of one's own (with ARCH).
VMTEST_PACKAGES := qemu-system-x86 qemu-system-arm xz-utils zstd debian-archive-keyring
VMTEST_FLAGS = $(if $(KERNEL),-kernels '$(KERNEL)') $(if $(RUN),-run '$(RUN)') $(if $(IMAGE),-image '$(IMAGE)') \
	$(if $(ARCH),-arch '$(ARCH)') $(if $(V),-v)

.PHONY: vmtest vmtest-quick vmtest-btf vmtest-record vmtest-packages

vmtest: KERNEL ?= all
vmtest: vmtest-packages ## boot the kernel matrix in QEMU and run the tests there: KERNEL=6.12 RUN=TestFiles IMAGE=file
	$(GO) run ./vmtest $(VMTEST_FLAGS)

vmtest-quick: vmtest-packages ## the same for the kernels that CI runs
	$(GO) run ./vmtest $(VMTEST_FLAGS)

vmtest-btf: vmtest-packages ## fetch every kernel and save its types, for go test ./loader
	$(GO) run ./vmtest -btf $(VMTEST_FLAGS)

vmtest-record: vmtest-packages ## record in vmtest/verifier.txt what each kernel's verifier goes through
	$(GO) run ./vmtest -kernels '$(or $(KERNEL),all)' -run TestVerifier -update

vmtest-packages:
	$(call install,$(VMTEST_PACKAGES))
