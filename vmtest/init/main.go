// Command init is process 1 of a guest: it mounts what tests need, runs the
// test binaries one after the other as its children, tells the host on the
// console what happens, and powers the guest off.
//
// The tests are children, and not process 1 themselves, because libraries read
// /proc before main could mount it, and process 1 takes no signals.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/vmtest/protocol"
)

func main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "init: only a guest's kernel runs this")
		os.Exit(2)
	}
	mountAll()
	raiseLoopback()
	loadModules()
	tell(protocol.Line{Event: protocol.Start, Text: release()})
	var plan protocol.Plan
	b, err := os.ReadFile(protocol.PlanFile)
	if err == nil {
		err = json.Unmarshal(b, &plan)
	}
	if err != nil {
		tell(protocol.Line{Event: protocol.Trouble, Text: err.Error()})
	}
	for _, t := range plan.Tests {
		tell(protocol.Line{Event: protocol.Begin, Text: t.Name})
		tell(protocol.Line{Event: protocol.End, Text: t.Name, Status: run(&t, plan.Env)})
	}
	tell(protocol.Line{Event: protocol.Exit})
	syscall.Sync()
	_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
	select {} // a guest that cannot power off is ended by the host
}

func tell(l protocol.Line) { fmt.Printf("\n%s\n", l.Encode()) }

// mounts in the order they are made; what this kernel does not know is left out.
var mounts = []struct{ source, target, kind, data string }{
	{"proc", "/proc", "proc", ""},
	{"sysfs", "/sys", "sysfs", ""},
	{"devtmpfs", "/dev", "devtmpfs", ""},
	{"tmpfs", "/tmp", "tmpfs", ""},
	{"tmpfs", "/run", "tmpfs", ""},
	{"devpts", "/dev/pts", "devpts", ""},
	{"tmpfs", "/dev/shm", "tmpfs", ""},
	{"tracefs", "/sys/kernel/tracing", "tracefs", ""},
	{"debugfs", "/sys/kernel/debug", "debugfs", ""},
	{"securityfs", "/sys/kernel/security", "securityfs", ""},
	{"bpf", "/sys/fs/bpf", "bpf", ""},
	{"cgroup2", "/sys/fs/cgroup", "cgroup2", ""},
}

func mountAll() {
	for _, m := range mounts {
		_ = os.MkdirAll(m.target, 0o755)
		if err := syscall.Mount(m.source, m.target, m.kind, 0, m.data); err != nil {
			tell(protocol.Line{Event: protocol.Trouble, Text: "mount " + m.target + ": " + err.Error()})
		}
	}
}

// raiseLoopback is "ip link set lo up".
func raiseLoopback() {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	req := struct { // struct ifreq, netdevice(7)
		name  [16]byte
		flags uint16
		_     [22]byte
	}{flags: syscall.IFF_UP | syscall.IFF_RUNNING}
	copy(req.name[:], "lo")
	_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&req)))
}

// loadModules loads those that the host has put into the image: each needs
// nothing but the kernel.
func loadModules() {
	files, _ := filepath.Glob("/modules/*.ko")
	for _, name := range files {
		f, err := os.Open(name)
		if err == nil {
			err = unix.FinitModule(int(f.Fd()), "", 0)
			f.Close()
		}
		if err != nil {
			tell(protocol.Line{Event: protocol.Trouble, Text: "load " + name + ": " + err.Error()})
		}
	}
}

func release() string {
	b, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return string(b)
}

// run runs one test binary to its end, and reaps what falls to process 1
// meanwhile.
func run(t *protocol.Test, env []string) string {
	cmd := exec.Command(t.Path, t.Args...)
	cmd.Env = append([]string{"PATH=/bin:/tests", "HOME=/tmp", "TMPDIR=/tmp"}, env...)
	if t.Programs {
		root, err := programs()
		if err != nil {
			return "the programs' file system: " + err.Error()
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
		cmd.Env = append([]string{"PATH=" + protocol.CommandDir + ":/usr/sbin:/usr/bin", "HOME=/tmp", "TMPDIR=/tmp", "LC_ALL=C"}, env...)
	}
	cmd.Dir = "/tmp"
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
	if err := cmd.Start(); err != nil {
		return err.Error()
	}
	for {
		var st syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &st, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return err.Error()
		case pid == cmd.Process.Pid && (st.Exited() || st.Signaled()):
			if st.Signaled() {
				return "killed by signal " + st.Signal().String()
			}
			return fmt.Sprint(st.ExitStatus())
		}
	}
}
