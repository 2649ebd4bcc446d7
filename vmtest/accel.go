package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/ebtrace/ebtrace/vmtest/kernels"
)

// kvmDeadline is how long a guest under KVM may take to its init. It takes a
// second; where /dev/kvm is there but dead, guests hang or abort.
const kvmDeadline = 10 * time.Second

var verdicts struct {
	sync.Mutex
	tried map[string]verdict // by architecture
}

type verdict struct{ accel, why string }

// accelerator chooses how guests of m run, by booting one where that is not
// known. why is set once, when the choice was made in this run.
func accelerator(o *options, m machine, k *kernels.Kernel, image, initrd string) (accel, why string) {
	if o.accel != "auto" {
		return o.accel, ""
	}
	verdicts.Lock()
	defer verdicts.Unlock()
	if v, ok := verdicts.tried[k.Arch]; ok {
		return v.accel, ""
	}
	v := remembered(k.Arch)
	if v.accel == "" {
		v = tryKVM(o, m, k, image, initrd)
		remember(k.Arch, v)
	}
	if verdicts.tried == nil {
		verdicts.tried = map[string]verdict{}
	}
	verdicts.tried[k.Arch] = v
	return v.accel, v.why
}

func tryKVM(o *options, m machine, k *kernels.Kernel, image, initrd string) verdict {
	if k.Arch != runtime.GOARCH {
		return verdict{"tcg", "the host is " + runtime.GOARCH}
	}
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return verdict{"tcg", "no KVM: " + err.Error()}
	}
	f.Close()
	g := &guest{machine: m, kernel: k, image: image, initrd: initrd, accel: "kvm", total: kvmDeadline}
	c := newConsole(false)
	said := g.run(c, kvmDeadline, func() bool { return c.started })
	if c.started {
		return verdict{"kvm", ""}
	}
	return verdict{"tcg", "/dev/kvm is there but unusable: " + said}
}

// verdictFile keeps the choice until the host boots again.
func verdictFile(arch string) string {
	dir, err := kernels.CacheDir()
	id, err2 := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil || err2 != nil {
		return ""
	}
	return filepath.Join(dir, "accel-"+arch+"-"+strings.TrimSpace(string(id)))
}

func remembered(arch string) verdict {
	b, err := os.ReadFile(verdictFile(arch))
	if err != nil {
		return verdict{}
	}
	accel, why, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	return verdict{accel, why}
}

func remember(arch string, v verdict) {
	if name := verdictFile(arch); name != "" {
		_ = os.WriteFile(name, []byte(v.accel+" "+v.why+"\n"), 0o644)
	}
}
