# Proof on other kernels, in QEMU: see vmtest/main.go. KERNEL names kernels of
# the matrix ("6.12", "5.10,6.12/arm64", "all"), RUN the tests, IMAGE a kernel
# image of one's own (with ARCH); COUNT=1 lets the guest's clock count instructions.
VMTEST_PACKAGES := qemu-system-x86 qemu-system-arm e2fsprogs xz-utils zstd debian-archive-keyring
VMTEST_FLAGS = $(if $(KERNEL),-kernels '$(KERNEL)') $(if $(RUN),-run '$(RUN)') $(if $(IMAGE),-image '$(IMAGE)') \
	$(if $(ARCH),-arch '$(ARCH)') $(if $(COUNT),-count) $(if $(V),-v)

.PHONY: bin/vmtest vmtest vmtest-cost vmtest-quick vmtest-fetch vmtest-btf vmtest-record vmtest-packages

vmtest: KERNEL ?= all
vmtest: vmtest-packages bin/vmtest ## boot the kernel matrix in QEMU and run the tests there: KERNEL=6.12 RUN=TestFiles IMAGE=file
	bin/vmtest $(if $(RUN)$(IMAGE),$(if $(PROGRAMS),-programs),-programs) $(VMTEST_FLAGS)

vmtest-quick: vmtest-packages bin/vmtest ## the same for the kernels that CI runs, without what takes long
	bin/vmtest -quick -total 15m $(VMTEST_FLAGS)

vmtest-cost: vmtest-packages bin/vmtest ## what one operation of the file system costs, in instructions, in a guest: KERNEL=6.12
	bin/vmtest -count -v -kernels '$(or $(KERNEL),6.12)' -run TestVFSCost

vmtest-fetch: vmtest-packages bin/vmtest ## fetch the kernels that CI runs, and save their types, for go test ./loader
	bin/vmtest -btf -kernels quick

vmtest-btf: vmtest-packages bin/vmtest ## fetch every kernel and save its types, for go test ./loader
	bin/vmtest -btf -kernels '$(or $(KERNEL),all)'

vmtest-record: vmtest-packages bin/vmtest ## record in vmtest/verifier.txt what each kernel's verifier goes through
	bin/vmtest -kernels '$(or $(KERNEL),all)' -run TestVerifier -update

bin/vmtest:
	$(GO) build -o $@ ./vmtest

vmtest-packages:
	$(call install,$(VMTEST_PACKAGES))
