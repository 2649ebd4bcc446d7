package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/vmtest/kernels"
	"github.com/ebtrace/ebtrace/vmtest/protocol"
)

// TestBrokenGuests boots guests whose kernel panics, that power off before the
// end, and whose test dies: each is a failure, with the end of its console.
func TestBrokenGuests(t *testing.T) {
	k := &kernels.Matrix[0]
	files, ok := k.Cached()
	m := machines[k.Arch]
	if !ok || !m.installed() {
		testenv.SkipKernels(t, "needs "+m.qemu+" and a kernel in the cache: make vmtest-fetch")
	}
	for _, c := range []struct{ how, status, says string }{
		{"panic", crash, "Kernel panic"},
		{"off", crash, "reboot: Power down"},
		{"die", failed, "panic: as it was told"},
	} {
		t.Run(c.how, func(t *testing.T) {
			r := &result{kernel: k}
			g := &guest{machine: m, kernel: k, image: files.Image, initrd: brokenImage(t, k.Arch, c.how), accel: "tcg", cpus: 1,
				silence: 5 * time.Minute, total: 10 * time.Minute}
			g.boot(r)
			var out bytes.Buffer
			r.print(&out)
			if r.status != c.status || !r.isBad() || !strings.Contains(out.String(), c.says) {
				t.Errorf("%s, want %s and '%s':\n%s", r.status, c.status, c.says, &out)
			}
		})
	}
}

// brokenImage makes an initramfs that runs the command broken.
func brokenImage(t *testing.T, arch, how string) string {
	t.Helper()
	dir := t.TempDir()
	image := filepath.Join(dir, "initrd")
	f, err := os.Create(image)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a := newArchive(f)
	for _, d := range []string{"dev", "proc", "sys", "tmp", "run", "tests"} {
		a.dir(d)
	}
	a.device("dev/console", 5, 1)
	plan, err := json.Marshal(protocol.Plan{Tests: []protocol.Test{{Name: "broken", Path: "/tests/broken", Args: []string{how}}}})
	if err != nil {
		t.Fatal(err)
	}
	a.file(strings.TrimPrefix(protocol.PlanFile, "/"), 0o644, plan)
	for name, pkg := range map[string]string{"init": "init", "tests/broken": "broken"} {
		out := filepath.Join(dir, filepath.Base(name))
		cmd := exec.Command("go", "build", "-o", out, "./"+pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+arch)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		body, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		a.file(name, 0o755, body)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	return image
}
