// Package workload is small programs to be traced, whose calls are known
// exactly: a test binary runs one of them in place of its tests. They make raw
// calls on one thread, so that what the Go runtime does beside is told apart by
// its arguments.
package workload

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

// Env names the workload that Main runs, with its argument after a blank.
const Env = "EBTRACE_WORKLOAD"

// Status is what every workload that ends well exits with.
const Status = 7

// Crowd is how many children the workload "crowd" has.
const Crowd = 4

var programs = map[string]func(arg string){
	"files":   files,
	"loop":    loop,
	"crowd":   crowd,
	"fork":    fork,
	"exec":    execSelf,
	"signals": signals,
	"socket":  socket,
	"int80":   int80,
	"fault":   fault,
	"wait":    wait,
	"die":     die,
	"unknown": func(string) { raw(^uintptr(4), 1, 2, 3) },
	"vfs":     vfs,
	"net":     sockets,
	"gonet":   gonet,
	"late":    late,
	"flood":   flood,
	"older":   older,
	"peers":   peers,
	"peer":    peer,
	"rewrite": rewrite,
	"places":  places,
	"cost":    cost,
	"dial":    dial,
	"denied":  denied,
	"reads":   reads,
	"locks":   locks,
	"overlay": overlay,
	"moved":   moved,
	"deepest": deepest,
	"direct":  direct,
	"held":    heldFiles,
	"nothing": func(string) {},
}

// Main runs a workload and exits if the environment names one; else it returns.
func Main() {
	name := os.Getenv(Env)
	if name == "" {
		return
	}
	arg := os.Getenv(Env + "_ARG")
	runtime.LockOSThread()
	f := programs[name]
	if f == nil {
		fatal("no such workload", syscall.ENOENT)
	}
	f(arg)
	exit(Status)
}

func exit(status int) { raw(syscall.SYS_EXIT_GROUP, uintptr(status)) }

func fatal(what string, e syscall.Errno) {
	fmt.Fprintln(os.Stderr, "workload:", what+":", e)
	exit(1)
}

// raw makes one call, without the Go runtime's knowledge.
func raw(nr uintptr, args ...uintptr) (uintptr, syscall.Errno) {
	var a [6]uintptr
	copy(a[:], args)
	r, _, e := syscall.RawSyscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
	return r, e
}

func must(what string, nr uintptr, args ...uintptr) uintptr {
	r, e := raw(nr, args...)
	if e != 0 {
		fatal(what, e)
	}
	return r
}

func str(s string) uintptr {
	b := append([]byte(s), 0)
	keep = append(keep, b)
	return uintptr(unsafe.Pointer(&b[0]))
}

func bytes(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// keep holds what only addresses refer to.
var keep [][]byte

const atFDCWD = ^uintptr(99) // -100

// files makes, writes, reads and removes one file in the directory arg.
func files(dir string) {
	name := str(dir + "/file")
	fd := must("openat", syscall.SYS_OPENAT, atFDCWD, name, syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o640)
	data := []byte("hello, ebtrace\n")
	must("write", syscall.SYS_WRITE, fd, bytes(data), uintptr(len(data)))
	must("lseek", syscall.SYS_LSEEK, fd, 0, 0)
	buf := make([]byte, 100)
	must("read", syscall.SYS_READ, fd, bytes(buf), uintptr(len(buf)))
	vec := []syscall.Iovec{{Base: &data[0], Len: 5}, {Base: &data[7], Len: 7}}
	must("writev", syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&vec[0])), 2)
	must("close", syscall.SYS_CLOSE, fd)
	must("unlinkat", syscall.SYS_UNLINKAT, atFDCWD, name, 0)
	if _, e := raw(syscall.SYS_OPENAT, atFDCWD, name, syscall.O_RDONLY); e != syscall.ENOENT {
		fatal("openat of the removed file", e)
	}
}

// loop makes arg calls of getppid.
func loop(arg string) {
	n, _ := strconv.Atoi(arg)
	for range n {
		raw(syscall.SYS_GETPPID)
	}
}

// crowd makes Crowd children at once that each make arg calls of getppid.
func crowd(arg string) {
	var all [Crowd]*os.Process
	for i := range all {
		all[i] = child("loop", arg)
	}
	for _, c := range all {
		if st, err := c.Wait(); err != nil || st.ExitCode() != Status {
			fatal("wait: "+fmt.Sprint(st), 0)
		}
	}
}

// fork makes arg children that each exit with a status of their own, and waits
// for them.
func fork(arg string) {
	n, _ := strconv.Atoi(arg)
	for i := range n {
		c := child("die", strconv.Itoa(10+i))
		st, err := c.Wait()
		if err != nil || st.ExitCode() != 10+i {
			fatal("wait: "+fmt.Sprint(st), 0)
		}
	}
}

func child(name, arg string) *os.Process {
	p, err := os.StartProcess("/proc/self/exe", []string{"child-" + name}, &os.ProcAttr{
		Env: []string{Env + "=" + name, Env + "_ARG=" + arg, "GODEBUG=asyncpreemptoff=1"}, Files: []*os.File{nil, nil, os.Stderr}})
	if err != nil {
		fatal("start a child: "+err.Error(), 0)
	}
	return p
}

// die exits with the status arg, or kills itself with the signal -arg.
func die(arg string) {
	n, _ := strconv.Atoi(arg)
	if n >= 0 {
		exit(n)
	}
	syscall.Kill(os.Getpid(), syscall.Signal(-n))
	wait("")
}

// execSelf execs this program, from a thread that is not the leader.
func execSelf(string) {
	runtime.UnlockOSThread()
	for range 2 { // one of two threads at least is not the leader
		go func() {
			runtime.LockOSThread()
			if syscall.Gettid() != syscall.Getpid() {
				_ = syscall.Exec("/proc/self/exe", []string{"second", "argument two"}, []string{Env + "=nothing"})
				fatal("exec", 0)
			}
			select {}
		}()
	}
	select {}
}

// signals sends itself SIGUSR1, which it handles, and SIGWINCH, which is
// ignored.
func signals(string) {
	c := make(chan os.Signal, 1)
	notify(c)
	tid := must("gettid", syscall.SYS_GETTID)
	pid := must("getpid", syscall.SYS_GETPID)
	must("tgkill", syscall.SYS_TGKILL, pid, tid, uintptr(syscall.SIGUSR1))
	<-c
	must("tgkill", syscall.SYS_TGKILL, pid, tid, uintptr(syscall.SIGCHLD))
}

// socket sends a datagram over the loopback to itself.
func socket(string) {
	fd := must("socket", syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	addr := syscall.RawSockaddrInet4{Family: syscall.AF_INET, Port: 0x901f, Addr: [4]byte{127, 0, 0, 1}} // 8080
	at := uintptr(unsafe.Pointer(&addr))
	must("bind", syscall.SYS_BIND, fd, at, 16)
	must("connect", syscall.SYS_CONNECT, fd, at, 16)
	data := []byte("datagram")
	must("sendto", syscall.SYS_SENDTO, fd, bytes(data), uintptr(len(data)), 0, 0, 0)
	buf := make([]byte, 64)
	from, size := syscall.RawSockaddrInet4{}, uint32(16)
	must("recvfrom", syscall.SYS_RECVFROM, fd, bytes(buf), 64, 0, uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&size)))
	must("close", syscall.SYS_CLOSE, fd)
	runtime.KeepAlive(&addr)
}

// fault opens a file whose name lies in a page that nobody has touched: the
// kernel half cannot read it before the call does.
func fault(dir string) {
	page := make([]byte, 4096)
	copy(page, dir+"/absent-page")
	name := dir + "/names"
	if err := os.WriteFile(name, page, 0o600); err != nil {
		fatal(err.Error(), 0)
	}
	f, err := os.Open(name)
	if err != nil {
		fatal(err.Error(), 0)
	}
	const mapPrivate, protRead = 2, 1
	at := must("mmap", syscall.SYS_MMAP, 0, 4096, protRead, mapPrivate, f.Fd(), 0)
	if _, e := raw(syscall.SYS_OPENAT, atFDCWD, at, syscall.O_RDONLY); e != syscall.ENOENT {
		fatal("openat", e)
	}
}

// wait says "ready" on standard output and sits in a call for good.
func wait(string) {
	ready := []byte("ready\n")
	raw(syscall.SYS_WRITE, 1, bytes(ready), 6)
	var p [2]int32
	must("pipe2", syscall.SYS_PIPE2, uintptr(unsafe.Pointer(&p[0])), 0)
	b := make([]byte, 1)
	_, _ = syscall.Read(int(p[0]), b) // the runtime does not interrupt this one
}
