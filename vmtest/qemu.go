package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ebtrace/ebtrace/vmtest/kernels"
)

// machine is how QEMU makes a guest of an architecture.
type machine struct {
	qemu, pkg string
	args      []string // common
	tcg, kvm  []string // by accelerator
	console   string
}

// One thread where x86 is emulated, also for several processors: with two QEMU
// 7.2 loses int3 text patches, and attaching a tracer panics the guest.
var machines = map[string]machine{
	"amd64": {
		qemu: "qemu-system-x86_64", pkg: "qemu-system-x86",
		args:    []string{"-machine", "q35"},
		tcg:     []string{"-accel", "tcg,thread=single", "-cpu", "max"},
		kvm:     []string{"-accel", "kvm", "-cpu", "host", "-smp", "2"},
		console: "ttyS0",
	},
	"arm64": {
		qemu: "qemu-system-aarch64", pkg: "qemu-system-arm",
		args:    []string{"-machine", "virt,gic-version=3"},
		tcg:     []string{"-accel", "tcg", "-cpu", "cortex-a76"},
		kvm:     []string{"-accel", "kvm", "-cpu", "host", "-smp", "2"},
		console: "ttyAMA0",
	},
}

func (m *machine) installed() bool {
	_, err := exec.LookPath(m.qemu)
	return err == nil
}

// guest is one boot.
type guest struct {
	machine        machine
	kernel         *kernels.Kernel
	image, initrd  string
	disk           string // image of an ext4 file system; "": none
	programs       string // image of Debian's programs; "": none
	accel          string
	cpus           int  // where it is emulated
	count          bool // its clock counts instructions
	silence, total time.Duration
	verbose        bool
}

func (g *guest) args() []string {
	console := g.machine.console
	args := append([]string{"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-monitor", "none", "-m", "1024"},
		g.machine.args...)
	if g.accel == "kvm" {
		args = append(args, g.machine.kvm...)
	} else {
		args = append(append(args, g.machine.tcg...), "-smp", strconv.Itoa(g.cpus))
	}
	if g.count {
		args = append(args, "-icount", "shift=0,sleep=off")
	}
	if g.kernel.Device != "" {
		console = g.kernel.Console
		args = append(args, "-chardev", "stdio,id=c", "-device", g.kernel.Device+",chardev=c")
	} else {
		args = append(args, "-serial", "stdio")
	}
	if g.disk != "" {
		args = append(args, "-drive", "file="+g.disk+",format=raw,if=none,id=disk", "-device", "nvme,drive=disk,serial=ebtrace")
	}
	if g.programs != "" {
		args = append(args, "-drive", "file="+g.programs+",format=raw,if=none,id=programs,snapshot=on",
			"-device", "nvme,drive=programs,serial=programs")
	}
	// panic=-1 reboots at once, -no-reboot ends QEMU then: a panic ends the guest
	return append(args, "-kernel", g.image, "-initrd", g.initrd, "-append", "console="+console+" panic=-1 quiet loglevel=3 rdinit=/init")
}

// running are the QEMU processes, to be ended with the driver.
type running struct {
	mu    sync.Mutex
	procs map[*os.Process]bool
}

var guests = running{procs: map[*os.Process]bool{}}

func (r *running) set(p *os.Process, on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if on {
		r.procs[p] = true
	} else {
		delete(r.procs, p)
	}
}

func (r *running) killAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for p := range r.procs {
		_ = p.Kill()
	}
}

// boot runs the guest to its end and fills r from its console.
func (g *guest) boot(r *result) {
	c := newConsole(g.verbose)
	r.accel, r.console = g.accel, c
	why := g.run(c, g.silence, func() bool { return false })
	r.judge(why)
}

// run starts QEMU and feeds c, until QEMU ends, the console is silent for too
// long, the total time is over, or enough says so. It returns why it ended the
// guest, or QEMU's own last words; "" if QEMU ended well.
func (g *guest) run(c *console, silence time.Duration, enough func() bool) string {
	runtime.LockOSThread() // Pdeathsig is about the thread that starts the child
	defer runtime.UnlockOSThread()
	cmd := exec.Command(g.machine.qemu, g.args()...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err.Error()
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		return err.Error()
	}
	guests.set(cmd.Process, true)
	defer guests.set(cmd.Process, false)
	lines := make(chan string, 64)
	go read(out, lines)
	why := watch(c, lines, silence, g.total, enough)
	if why != "" {
		_ = cmd.Process.Kill()
	}
	for line := range lines { // what was said meanwhile
		c.add(line)
	}
	if err := cmd.Wait(); err != nil && why == "" {
		why = "qemu: " + err.Error() + " " + lastLine(complaints.String())
	}
	return why
}

func watch(c *console, lines <-chan string, silence, total time.Duration, enough func() bool) string {
	over := time.After(total)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return ""
			}
			c.add(line)
			if enough() {
				return "enough"
			}
		case <-time.After(silence):
			return fmt.Sprintf("its console was silent for %v", silence)
		case <-over:
			return fmt.Sprintf("it ran for more than %v", total)
		}
	}
}

// read splits the console into lines; a part that rests counts as a sign of
// life only when its line is whole.
func read(r io.Reader, lines chan<- string) {
	defer close(lines)
	b := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := b.ReadString('\n')
		if line != "" {
			lines <- strings.TrimRight(line, "\r\n")
		}
		if err != nil {
			return
		}
	}
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
