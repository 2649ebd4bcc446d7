package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/ebtrace/ebtrace/vmtest/kernels"
	"github.com/ebtrace/ebtrace/vmtest/protocol"
)

// testPackages are the packages whose tests run in guests. They must need
// nothing but their own binary.
var testPackages = []string{"./vmtest/guest", "./loader", "./events"}

// programsPackage are the tests with Debian's programs (kernels.Programs).
const programsPackage = "./vmtest/programs"

func (b *builder) packages() []string {
	if !b.programs {
		return testPackages
	}
	return append(slices.Clone(testPackages), programsPackage)
}

// hostOnly are tests that need files or programs that are not in a guest.
const hostOnly = "^(Test.*SavedKernels|Test(Unselected|Filtered)(Calls|Signals)MakeNoRecords|Example.*)$"

// tooLong are tests that the quick set leaves to the whole matrix: emulated, they take minutes.
const tooLong = "TestThreats|TestVFS(Kprobes|Alone|Minimum|Oracle|Places|Command|Locks|Overlay|Deepest|Direct|Attach|Moved|Select.*)|" +
	"TestNet(Kprobes|Peers|Happens|Late|Drop|Messages|Selection|Attach|Go|Command)|TestPeerLater|TestLayerTables|TestNestedJSON|TestFexitLoads"

// builder makes the initramfs of each architecture once.
type builder struct {
	root, work, run string
	quick           bool // without what takes long
	programs        bool // with Debian's programs
	count           bool // the clock counts instructions
	mu              sync.Mutex
	built           map[string]map[string]string // GOARCH: name in the image: file
}

// counting are tests that are of use where the clock counts instructions only.
const counting = "TestCost|TestVFSCost"

func (b *builder) leftOut() string {
	out := hostOnly
	if b.quick {
		out += "|^(" + tooLong + ")$"
	}
	if !b.count {
		out += "|^(" + counting + ")$"
	}
	return out
}

// initramfs writes the initramfs for k, with the modules of a directory, and
// returns its name.
func (b *builder) initramfs(k *kernels.Kernel, modulesDir string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	built, err := b.binaries(k.Arch)
	if err != nil {
		return "", err
	}
	files := maps.Clone(built)
	plan := protocol.Plan{Env: []string{protocol.EnvKernel + "=" + k.Name(), protocol.EnvHas + "=" + has(k)}}
	if b.count {
		plan.Env = append(plan.Env, protocol.EnvCount+"=1")
	}
	for _, p := range b.packages() {
		name := filepath.Base(p)
		t := protocol.Test{Name: name, Path: "/tests/" + name + ".test", Args: []string{"-test.v", "-test.timeout=20m", "-test.skip=" + b.leftOut()},
			Programs: p == programsPackage}
		if b.run != "" {
			t.Args = append(t.Args, "-test.run="+b.run)
		}
		plan.Tests = append(plan.Tests, t)
	}
	data, err := json.Marshal(plan)
	if err != nil {
		return "", err
	}
	modules, err := filepath.Glob(filepath.Join(modulesDir, "*.ko"))
	if err != nil {
		return "", err
	}
	out := filepath.Join(b.work, k.Name()+".cpio")
	f, err := os.Create(out)
	if err != nil {
		return "", err
	}
	defer f.Close()
	w := newArchive(f)
	for _, dir := range []string{"dev", "proc", "sys", "tmp", "run", "bin", "tests", "modules"} {
		w.dir(dir)
	}
	w.device("dev/console", 5, 1)
	w.file(strings.TrimPrefix(protocol.PlanFile, "/"), 0o644, data)
	for _, m := range modules {
		files["modules/"+filepath.Base(m)] = m
	}
	for name, from := range files {
		body, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		w.file(name, 0o755, body)
	}
	return out, w.close()
}

func has(k *kernels.Kernel) string {
	s := make([]string, len(k.Has))
	for i, f := range k.Has {
		s[i] = string(f)
	}
	return strings.Join(s, ",")
}

// binaries builds what a guest of an architecture runs.
func (b *builder) binaries(arch string) (map[string]string, error) {
	if files, ok := b.built[arch]; ok {
		return files, nil
	}
	dir := filepath.Join(b.work, arch)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	files := map[string]string{}
	build := func(name, pkg string, args ...string) error {
		out := filepath.Join(dir, filepath.Base(name))
		cmd := exec.Command("go", append(args, "-trimpath", "-ldflags=-s -w", "-o", out, pkg)...)
		cmd.Dir = b.root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s for %s: %w\n%s", pkg, arch, err, said)
		}
		files[name] = out
		return nil
	}
	if err := build("init", "./vmtest/init", "build"); err != nil {
		return nil, err
	}
	if err := build("bin/ebtrace", "./cmd/ebtrace", "build"); err != nil {
		return nil, err
	}
	for _, p := range b.packages() {
		if err := build("tests/"+filepath.Base(p)+".test", p, "test", "-c"); err != nil {
			return nil, err
		}
	}
	if arch == "amd64" { // for another there is no C compiler with a C library
		out := filepath.Join(dir, "threats")
		cmd := exec.Command("gcc", "-O1", "-static", "-pthread", "-o", out, "test/enforce/testdata/threats.c")
		cmd.Dir = b.root
		if said, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("compile threats.c: %w\n%s", err, said)
		}
		files["tests/threats"] = out
	}
	if b.built == nil {
		b.built = map[string]map[string]string{}
	}
	b.built[arch] = files
	return files, nil
}
