// Package kernels is the matrix that ebtrace is proven on: which kernels, what
// each must have, and where they are kept. Kernels are Debian's cloud flavour,
// fetched by the script fetch-kernel into the user's cache.
package kernels

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Feature is something that a kernel has and a test needs. A test that finds
// it missing skips on the host, and fails in a guest whose kernel must have it.
type Feature string

// Features of kernels.
const (
	IA32   Feature = "ia32"   // 32-bit calls, int 0x80 (CONFIG_IA32_EMULATION)
	Fentry Feature = "fentry" // fentry, fexit
	Kprobe Feature = "kprobe"
	Paths  Feature = "paths" // selection by path
	LSM    Feature = "lsm"   // LSM programs that fire
)

// Kernel is one row of the matrix.
type Kernel struct {
	Series string // "6.12"
	Arch   string // GOARCH: amd64, arm64
	Suite  string // of the Debian archive
	Quick  bool   // run unless others are asked for
	Has    []Feature

	Console string // of the guest, where it differs from that of its architecture
	Device  string // QEMU device that the console needs
}

// Matrix is every kernel, oldest first. Features are as measured by booting it.
var Matrix = []Kernel{
	{Series: "5.10", Arch: "amd64", Suite: "bullseye-security", Quick: true, Has: []Feature{IA32, Fentry, Kprobe, Paths}},
	{Series: "6.1", Arch: "amd64", Suite: "bookworm-security", Has: []Feature{IA32, Fentry, Kprobe, LSM, Paths}},
	{Series: "6.12", Arch: "amd64", Suite: "trixie", Quick: true, Has: []Feature{IA32, Fentry, Kprobe, LSM, Paths}},
	{Series: "6.18", Arch: "amd64", Suite: "trixie-backports", Has: []Feature{IA32, Fentry, Kprobe, LSM, Paths}},
	{Series: "7.3", Arch: "amd64", Suite: "trixie-backports", Quick: true, Has: []Feature{IA32, Fentry, Kprobe, LSM, Paths}},
	// the cloud flavour has no driver of the virt machine's own serial port
	{Series: "5.10", Arch: "arm64", Suite: "bullseye", Has: []Feature{Kprobe}, Console: "ttyS0", Device: "pci-serial"},
	{Series: "6.1", Arch: "arm64", Suite: "bookworm-security", Has: []Feature{Kprobe, Paths}},
	{Series: "6.12", Arch: "arm64", Suite: "trixie", Quick: true, Has: []Feature{Fentry, Kprobe, LSM, Paths}},
	{Series: "7.3", Arch: "arm64", Suite: "trixie-backports", Has: []Feature{Fentry, Kprobe, LSM, Paths}},
}

// Name is "6.12-arm64".
func (k *Kernel) Name() string { return k.Series + "-" + k.Arch }

// Select returns the kernels that a list such as "5.10,6.12/arm64" names: a
// series alone is amd64's, "all" is every one, "quick" or "" the quick ones.
func Select(list string) ([]Kernel, error) {
	var found []Kernel
	if list == "" || list == "quick" || list == "all" {
		for _, k := range Matrix {
			if k.Quick || list == "all" {
				found = append(found, k)
			}
		}
		return found, nil
	}
	for _, name := range strings.Split(list, ",") {
		series, arch, named := strings.Cut(strings.TrimSpace(name), "/")
		if !named {
			arch = "amd64"
		}
		k := lookup(series, arch)
		if k == nil {
			return nil, fmt.Errorf("no kernel %s/%s in the matrix: %s", series, arch, names())
		}
		found = append(found, *k)
	}
	return found, nil
}

func lookup(series, arch string) *Kernel {
	for i := range Matrix {
		if k := &Matrix[i]; k.Series == series && k.Arch == arch {
			return k
		}
	}
	return nil
}

func names() string {
	var all []string
	for _, k := range Matrix {
		all = append(all, k.Series+"/"+k.Arch)
	}
	return strings.Join(all, " ")
}

// CacheDir is where kernels are kept: ebtrace/kernels below the user's cache.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place to keep kernels: %w", err)
	}
	return filepath.Join(dir, "ebtrace", "kernels"), nil
}

// Files are a kernel's parts in the cache.
type Files struct {
	Image   string // bootable
	Release string // uname -r
	BTF     string // its types, raw; may not be there
	Modules string // directory of *.ko
}

func (k *Kernel) files() (Files, string, error) {
	dir, err := CacheDir()
	if err != nil {
		return Files{}, "", err
	}
	dir = filepath.Join(dir, k.Name())
	f := Files{Image: filepath.Join(dir, "vmlinuz"), BTF: filepath.Join(dir, "btf"),
		Modules: filepath.Join(dir, "modules")}
	b, err := os.ReadFile(filepath.Join(dir, "release"))
	f.Release = strings.TrimSpace(string(b))
	if err == nil {
		_, err = os.Stat(f.Modules)
	}
	return f, dir, err
}

// Cached returns the kernel's files if it was fetched before.
func (k *Kernel) Cached() (Files, bool) {
	f, _, err := k.files()
	return f, err == nil
}

// Fetch returns the kernel's files, fetching them with the script unless they
// are in the cache. The error is the script's own sentence.
func (k *Kernel) Fetch(script string) (Files, error) {
	f, dir, err := k.files()
	if err == nil || dir == "" {
		return f, err
	}
	if err := run(script, k.Series, k.Arch, k.Suite, dir); err != nil {
		return f, err
	}
	f, _, err = k.files()
	return f, err
}

// run runs a script that fetches something; the error is its last line.
func run(script string, args ...string) error {
	var said strings.Builder
	cmd := exec.Command(script, args...)
	cmd.Stderr = &said
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		return errors.New(strings.TrimPrefix(lines[len(lines)-1], filepath.Base(script)+": "))
	}
	return err
}
