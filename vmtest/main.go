// Command vmtest proves ebtrace on a matrix of kernels: it builds the test
// binaries, boots each kernel in QEMU with them, and prints a table of what
// passed, failed and was skipped.
//
// Exit status: 0 every kernel passed (some may be skipped), 1 something is bad,
// 2 wrong use, 77 nothing was tested.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ebtrace/ebtrace/vmtest/kernels"
)

type options struct {
	list     string
	run      string
	image    string
	arch     string
	accel    string
	btf      bool
	fetch    bool
	jobs     int
	cpus     int
	silence  time.Duration
	total    time.Duration
	verbose  bool
	update   bool
	strict   bool
	programs bool
	quick    bool
	count    bool
	root     string // of the source tree
}

const (
	exitBad     = 1
	exitUsage   = 2
	exitNothing = 77
)

func main() {
	o := &options{}
	flag.StringVar(&o.list, "kernels", "quick", "kernels to boot: 5.10,6.12/arm64, quick or all")
	flag.StringVar(&o.run, "run", "", "run only the tests that match this expression")
	flag.StringVar(&o.image, "image", "", "boot this kernel image instead of the matrix")
	flag.StringVar(&o.arch, "arch", "amd64", "architecture of -image: amd64 or arm64")
	flag.StringVar(&o.accel, "accel", "auto", "auto, kvm or tcg")
	flag.BoolVar(&o.btf, "btf", false, "boot nothing: fetch the kernels and save the types (BTF) of each")
	flag.BoolVar(&o.fetch, "fetch", false, "boot nothing: fetch the kernels")
	flag.IntVar(&o.jobs, "j", min(runtime.NumCPU(), 4), "guests at once, of 1 GiB each")
	flag.IntVar(&o.cpus, "cpus", 1, "processors of a guest that is emulated")
	flag.DurationVar(&o.silence, "silence", 5*time.Minute, "end a guest whose console is silent for so long")
	flag.DurationVar(&o.total, "total", 30*time.Minute, "end a guest that runs for so long")
	flag.BoolVar(&o.verbose, "v", false, "show the consoles")
	flag.BoolVar(&o.update, "update", false, "record the verifier's figures in vmtest/verifier.txt instead of comparing")
	flag.BoolVar(&o.quick, "quick", false, "leave out tests that take long: "+tooLong)
	flag.BoolVar(&o.programs, "programs", false, "also run the tests with real programs, of Debian's packages")
	flag.BoolVar(&o.strict, "strict", os.Getenv("EBTRACE_STRICT") != "", "bad is also a kernel that cannot be had, and a test that is skipped for any reason but what its kernel lacks")
	flag.BoolVar(&o.count, "count", false, "let a guest's clock go on by 1 ns with each instruction, for tests that measure (TestCost)")
	flag.Parse()
	if flag.NArg() > 0 || o.jobs < 1 || o.cpus < 1 {
		flag.Usage()
		os.Exit(exitUsage)
	}
	os.Exit(start(o))
}

func fail(status int, err error) int {
	fmt.Fprintf(os.Stderr, "vmtest: %v\n", err)
	return status
}

func start(o *options) int {
	var err error
	if o.root, err = sourceRoot(); err != nil {
		return fail(exitUsage, err)
	}
	matrix, err := kernels.Select(o.list)
	if err != nil {
		return fail(exitUsage, err)
	}
	if o.image != "" {
		matrix = []kernels.Kernel{{Series: "own", Arch: o.arch}}
		if machines[o.arch].qemu == "" {
			return fail(exitUsage, fmt.Errorf("-arch %s: must be amd64 or arm64", o.arch))
		}
	}
	if o.btf || o.fetch {
		return fetchAll(o, matrix)
	}
	work, err := os.MkdirTemp("", "ebtrace-vmtest-")
	if err != nil {
		return fail(exitBad, err)
	}
	defer os.RemoveAll(work)
	stopOnSignal(work)
	return matrixRun(o, matrix, work)
}

// stopOnSignal ends the guests and removes the work directory when the user
// gives up.
func stopOnSignal(work string) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-c
		guests.killAll()
		os.RemoveAll(work)
		os.Exit(130)
	}()
}

// sourceRoot is the nearest directory upwards with a go.mod.
func sourceRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == "/" {
			return "", fmt.Errorf("run it inside of ebtrace's source tree: it builds the tests from there")
		}
	}
}

func (o *options) script() string { return filepath.Join(o.root, "vmtest", "fetch-kernel") }

func (o *options) userland() string { return filepath.Join(o.root, "vmtest", "fetch-userland") }

// fetchAll fills the cache.
func fetchAll(o *options, matrix []kernels.Kernel) int {
	status, had := 0, 0
	for i := range matrix {
		k := &matrix[i]
		f, err := k.Fetch(o.script())
		if err == nil && o.btf {
			err = f.SaveBTF()
		}
		if err != nil {
			fmt.Printf("%-12s %v\n", k.Name(), err)
			status = exitBad
			continue
		}
		had++
		fmt.Printf("%-12s %s\n", k.Name(), f.Release)
	}
	if had == 0 {
		status = exitNothing
	}
	return status
}

// matrixRun boots every kernel and reports.
func matrixRun(o *options, matrix []kernels.Kernel, work string) int {
	b := &builder{root: o.root, work: work, run: o.run, quick: o.quick, programs: o.programs, count: o.count}
	results := make([]*result, len(matrix))
	began := time.Now()
	var wg sync.WaitGroup
	slots := make(chan struct{}, o.jobs)
	for i := range matrix {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			results[i] = one(o, b, &matrix[i])
			if o.strict {
				results[i].strict()
			}
			results[i].print(os.Stdout)
		})
	}
	wg.Wait()
	if o.image == "" {
		checkFigures(o, results)
	}
	status := report(os.Stdout, results, time.Since(began))
	if o.quick {
		fmt.Println("vmtest: quick: left to 'make vmtest': " + tooLong)
	}
	return status
}

// one boots one kernel.
func one(o *options, b *builder, k *kernels.Kernel) *result {
	r := &result{kernel: k}
	m := machines[k.Arch]
	if !m.installed() {
		return r.skip(m.qemu + " is not installed (Debian: " + m.pkg + ")")
	}
	f := kernels.Files{Image: o.image}
	if o.image == "" {
		var err error
		if f, err = k.Fetch(o.script()); err != nil {
			return r.skip("no kernel: " + err.Error())
		}
	} else if _, err := os.Stat(o.image); err != nil {
		return r.fail(err)
	}
	r.release = f.Release
	initrd, err := b.initramfs(k, f.Modules)
	if err != nil {
		return r.fail(err)
	}
	if o.count {
		o.accel = "tcg"
	}
	accel, why := accelerator(o, m, k, f.Image, initrd)
	if why != "" {
		fmt.Printf("vmtest: %s guests use %s: %s\n", k.Arch, accel, strings.TrimSpace(why))
	}
	disk, err := b.disk(k)
	if errors.Is(err, errNoMkfs) && !o.strict {
		err = nil
	}
	if err != nil {
		return r.fail(err)
	}
	programs := ""
	if o.programs {
		if programs, err = kernels.FetchPrograms(o.userland(), k.Arch); err != nil {
			return r.fail(err)
		}
	}
	g := &guest{machine: m, kernel: k, image: f.Image, initrd: initrd, disk: disk, programs: programs, accel: accel, cpus: o.cpus, count: o.count,
		silence: o.silence, total: o.total, verbose: o.verbose}
	g.boot(r)
	return r
}
