package guest

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/loader"
	"github.com/ebtrace/ebtrace/vmtest/kernels"
	"github.com/ebtrace/ebtrace/vmtest/workload"
)

// TestFiles: the calls of a file's life, with strings, data, vectors, results
// and errors.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	s := trace(t, loader.Options{Times: true}, "files", dir)
	s.ended(workload.Status)
	q := regexp.QuoteMeta(dir)
	s.want(1, `openat\(AT_FDCWD, "`+q+`/file", O_RDWR\|O_CREAT\|O_CLOEXEC, 0640\) = \d+$`)
	s.want(1, `write\(\d+, "hello, ebtrace\\n", 15\) = 15$`)
	s.want(1, `lseek\(\d+, 0, SEEK_SET\) += 0$`)
	s.want(1, `read\(\d+, "hello, ebtrace\\n", 100\) = 15$`)
	s.want(1, `writev\(\d+, \[\{iov_base="hello", iov_len=5\}, \{iov_base="ebtrace", iov_len=7\}\], 2\) = 12$`)
	s.want(1, `unlinkat\(AT_FDCWD, "`+q+`/file", 0\) = 0$`)
	s.want(1, `openat\(AT_FDCWD, "`+q+`/file", O_RDONLY\) = -1 ENOENT \(No such file or directory\)$`)
	s.want(1, `execve\("/proc/self/exe", \["/proc/self/exe"\], `)
	s.want(1, `exit_group\(7\) += \?$`)
}

// TestDescriptors: what a descriptor is comes from the kernel's own objects.
func TestDescriptors(t *testing.T) {
	dir := t.TempDir()
	cwd, _ := os.Getwd()
	s := trace(t, loader.Options{Times: true, FDs: true}, "files", dir)
	s.ended(workload.Status)
	q, here := regexp.QuoteMeta(dir), regexp.QuoteMeta(cwd)
	s.want(1, `openat\(AT_FDCWD<`+here+`>, "`+q+`/file", O_RDWR\|.*, 0640\) = \d+<`+q+`/file>$`)
	s.want(1, `write\(\d+<`+q+`/file>, "hello, ebtrace\\n", 15\) = 15$`)
	s.want(1, `close\(\d+<`+q+`/file>\) += 0$`)
}

// TestSockets: addresses, and what a socket descriptor is connected to.
func TestSockets(t *testing.T) {
	s := trace(t, loader.Options{Times: true, FDs: true, Exit: calls(t, "%network"), Enter: calls(t, "%network")}, "socket", "")
	s.ended(workload.Status)
	s.want(1, `socket\(AF_INET, SOCK_DGRAM\|SOCK_CLOEXEC, IPPROTO_IP\) = \d+<UDP:`)
	s.want(1, `bind\(\d+<.*>, \{sa_family=AF_INET, sin_port=htons\(8080\), sin_addr=inet_addr\("127.0.0.1"\)\}, 16\) = 0$`)
	s.want(1, `connect\(\d+<UDP:\[.*\]>, \{sa_family=AF_INET, .*\}, 16\) = 0$`)
	s.want(1, `sendto\(\d+<UDP:\[127.0.0.1:8080->127.0.0.1:8080\]>, "datagram", 8, 0, NULL, 0\) = 8$`)
	s.want(1, `recvfrom\(\d+<UDP:\[.*\]>, "datagram", 64, 0, \{sa_family=AF_INET, sin_port=htons\(8080\), .*\}, \[16\]\) = 8$`)
}

// TestAbsentPage: a string in a page that is not there at entry is read again
// at exit.
func TestAbsentPage(t *testing.T) {
	dir := t.TempDir()
	s := trace(t, loader.Options{Times: true}, "fault", dir)
	s.ended(workload.Status)
	s.want(1, `openat\(AT_FDCWD, "`+regexp.QuoteMeta(dir)+`/absent-page", O_RDONLY\) = -1 ENOENT`)
}

// TestEveryCall: of many calls none is missing, none is there twice.
func TestEveryCall(t *testing.T) {
	for _, times := range []bool{false, true} { // without, exits alone are traced
		t.Run(fmt.Sprintf("times=%v", times), func(t *testing.T) {
			set := calls(t, "getppid")
			s := trace(t, loader.Options{Times: times, Enter: set, Exit: set}, "loop", "5000")
			s.ended(workload.Status)
			if n := s.calls["getppid"]; n != 5000 {
				t.Errorf("%d calls of getppid, not 5000", n)
			}
			for name, n := range s.calls {
				if name != "getppid" {
					t.Errorf("%d calls of %s, which was not selected", n, name)
				}
			}
		})
	}
}

// TestCrowd: of processes that compete for the CPUs none loses a call, or where
// the kernel does not show them all (Linux 7.0), each is told as lost.
func TestCrowd(t *testing.T) {
	set := calls(t, "getppid,openat")
	s := trace(t, loader.Options{Times: true, Enter: set, Exit: set, FDs: true}, "crowd", "3000")
	s.ended(workload.Status)
	const made = workload.Crowd * 3000
	got := uint64(s.calls["getppid"])
	if got > made || made-got > s.lost+s.skipped {
		t.Errorf("%d calls of getppid of %d, %d told as lost, at most %d skipped", got, made, s.lost, s.skipped)
	}
}

// TestCounts: counted in the kernel, and no records made of it.
func TestCounts(t *testing.T) {
	s := trace(t, loader.Options{Counts: true}, "loop", "5000")
	s.ended(workload.Status)
	found := false
	for _, c := range s.counts {
		if table.Name(table.ABI(c.ABI), c.NR) != "getppid" {
			continue
		}
		found = true
		if c.Calls != 5000 || c.Errors != 0 || c.Total == 0 || c.Min > c.MaxTime {
			t.Errorf("getppid: %+v", c)
		}
	}
	if !found {
		t.Errorf("getppid was not counted: %+v", s.counts)
	}
	if n := s.kinds[events.Whole]; n != 0 {
		t.Errorf("%d records of calls", n)
	}
}

// TestFilters: each is applied in the kernel.
func TestFilters(t *testing.T) {
	dir := t.TempDir()
	file := dir + "/file"
	q := regexp.QuoteMeta(file)
	failed, enoent := table.Failed, errnos(t, "ENOENT")
	for _, c := range []struct {
		name   string
		o      loader.Options
		yes    string // in two lines or one
		n      int
		others string // in no line
	}{
		{"status", loader.Options{Status: &failed}, `openat\(AT_FDCWD, "` + q + `", O_RDONLY\) = -1 ENOENT`, 1, `\) += \d`},
		{"errno", loader.Options{Errnos: enoent}, `openat\(AT_FDCWD, "` + q + `", O_RDONLY\) = -1 ENOENT`, 1, `\) += (\d|-1 [^E]|-1 E[^N])`},
		{"path", loader.Options{Paths: []string{file}}, `"` + q + `"`, 3, `mmap|futex|execve`},
		{"fd", loader.Options{FDSet: &table.FDSet{FDs: []int32{0, 1, 2}}}, `"` + q + `"`, 0, `(read|write|close)\([3-9],`},
		{"uid", loader.Options{UIDs: []uint32{12345}}, `.*\(`, 0, `openat`},
		{"comm", loader.Options{Comms: []string{"exe"}}, `"` + q + `"`, 3, `nothing at all`},
		{"duration", loader.Options{MinDuration: time.Hour}, `.*\) = \d`, 0, `openat`},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Times = true
			s := trace(t, c.o, "files", dir)
			s.ended(workload.Status)
			s.want(c.n, c.yes)
			s.want(0, c.others)
		})
	}
}

func errnos(t *testing.T, expr string) *table.ErrnoSet {
	set, err := table.ParseErrnos(expr)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestInt80: a 32-bit call from 64-bit code has its own numbers and name.
func TestInt80(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("this kernel has no int 0x80, which is amd64's")
	}
	b, _ := os.ReadFile("/proc/kallsyms")
	need(t, kernels.IA32, len(b) == 0 || strings.Contains(string(b), "__ia32_sys_"))
	dir := t.TempDir()
	s := trace(t, loader.Options{Times: true}, "int80", dir)
	s.ended(workload.Status)
	s.want(1, `open\("`+regexp.QuoteMeta(dir)+`/in32", O_RDONLY\) = -1 ENOENT`)
}

// TestUnknown: a number that is none is shown all the same.
func TestUnknown(t *testing.T) {
	s := trace(t, loader.Options{Times: true}, "unknown", "")
	s.ended(workload.Status)
	s.want(1, `syscall_0xf+b\(0x1, 0x2, 0x3, .*\) = -1 ENOSYS`)
}

// TestSignals: what the thread takes, and what it ignores, with siginfo.
func TestSignals(t *testing.T) {
	s := trace(t, loader.Options{Times: true}, "signals", "")
	s.ended(workload.Status)
	s.want(1, `--- SIGUSR1 \{si_signo=SIGUSR1, si_code=SI_TKILL, si_pid=\d+, si_uid=0\} ---$`)
	s.want(1, `tgkill\(\d+, \d+, SIGUSR1\) = 0$`)
}

// TestKilled: a thread that a signal ends.
func TestKilled(t *testing.T) {
	s := trace(t, loader.Options{Times: true}, "die", "-9")
	if !s.status.Signaled() || s.status.Signal() != syscall.SIGKILL {
		t.Errorf("status %#x", s.status)
	}
	if n := s.kinds[events.Exit]; n == 0 || n != s.kinds[events.Child]+1 {
		t.Errorf("%d ends of %d threads", n, s.kinds[events.Child]+1)
	}
	s.want(s.kinds[events.Exit], `\+\+\+ killed by SIGKILL \+\+\+$`)
}
