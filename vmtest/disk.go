package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/ebtrace/ebtrace/vmtest/kernels"
)

const diskSize = 16 << 20

var errNoMkfs = errors.New("mkfs.ext4 is not installed (Debian: e2fsprogs)")

// disk makes the image of an empty ext4 file system for a guest, which has no
// tool to make one: its /dev/nvme0n1. Without it, which errNoMkfs says, tests
// that need it skip.
func (b *builder) disk(k *kernels.Kernel) (string, error) {
	mkfs, err := exec.LookPath("mkfs.ext4")
	if err != nil {
		if mkfs = "/sbin/mkfs.ext4"; !exists(mkfs) {
			return "", errNoMkfs
		}
	}
	name := filepath.Join(b.work, k.Name()+".ext4")
	f, err := os.Create(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := f.Truncate(diskSize); err != nil {
		return "", err
	}
	if said, err := exec.Command(mkfs, "-q", "-F", name).CombinedOutput(); err != nil {
		return "", fmt.Errorf("make an ext4 file system: %w\n%s", err, said)
	}
	return name, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
