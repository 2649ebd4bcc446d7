package guest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/loader"
	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/vmtest/kernels"
	"github.com/ebtrace/ebtrace/vmtest/protocol"
)

// probes asks the kernel once: in an emulated one that takes ten seconds.
var probes = sync.OnceValue(loader.Probes)

// needVFS skips a test where the kernel runs neither fentry nor kprobe programs.
func needVFS(t *testing.T) {
	t.Helper()
	testenv.NeedRoot(t)
	for _, p := range probes() {
		if (p.Name == "fentry programs" || p.Name == "kprobes") && p.Err == nil {
			return
		}
	}
	need(t, kernels.Kprobe, false)
}

// directories are one on each file system to test on.
func directories(t *testing.T) map[string]string {
	all := map[string]string{"tmpfs": t.TempDir()}
	const disk = "/dev/nvme0n1" // vmtest/disk.go
	if os.Getenv(protocol.EnvKernel) == "" {
		return all // a host's disks are its own
	}
	if _, err := os.Stat(disk); err != nil {
		t.Logf("no ext4: %v", err)
		return all
	}
	at := t.TempDir()
	if err := syscall.Mount(disk, at, "ext4", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(at, 0) })
	all["ext4"] = at + "/work"
	if err := os.MkdirAll(at+"/work", 0o700); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestVFS: each operation is seen once, with its path, place, numbers and
// result, beside the call that it was done for. To attach to one function by
// fentry takes an emulated kernel half a second, so that is done once.
func TestVFS(t *testing.T) {
	needVFS(t)
	for fs, dir := range directories(t) {
		t.Run(fs, func(t *testing.T) { everyOperation(t, dir, fs, &loader.VFS{Kprobes: fs != "tmpfs"}) })
	}
}

// TestVFSKprobes is TestVFS by kprobes.
func TestVFSKprobes(t *testing.T) {
	testenv.NeedRoot(t)
	needKprobes(t)
	everyOperation(t, t.TempDir(), "[a-z0-9]+", &loader.VFS{Kprobes: true})
}

func needKprobes(t *testing.T) {
	t.Helper()
	need(t, kernels.Kprobe, haveKprobes())
}

func haveKprobes() bool {
	return slices.ContainsFunc(probes(), func(p loader.Probe) bool { return p.Name == "kprobes" && p.Err == nil })
}

func everyOperation(t *testing.T, dir, fs string, o *loader.VFS) {
	s := trace(t, loader.Options{Times: true, VFS: o}, "vfs", dir)
	s.ended(7)
	q := regexp.QuoteMeta(dir)
	f := `, ` + fs + ` \d+:\d+/[1-9]\d*`
	end := ` <\d+\.\d+>$`
	s.work(1, `^    vfs_mkdir\(`+q+`/sub`+f+`, mode=0750\) = 0`+end)
	s.work(1, `^    vfs_open\(`+q+`/a`+f+`, flags=O_RDWR\|O_CREAT\|O_EXCL.*, created\) = 0`+end)
	s.work(1, `^    vfs_write\(`+q+`/a`+f+`, offset=0, bytes=5000\) = 5000`+end)
	s.work(1, `^    vfs_write\(`+q+`/a`+f+`, offset=5000, bytes=100\) = 100`+end)
	s.work(1, `^    vfs_write\(`+q+`/a`+f+`, offset=5000\) = 12`+end)
	s.work(1, `^    vfs_fsync\(`+q+`/a`+f+`.*\) = 0`+end)
	s.work(1, `^    vfs_read\(`+q+`/a`+f+`, offset=1000, bytes=4096\) = 4096`+end)
	s.work(1, `^    vfs_read\(`+q+`/a`+f+`, offset=0\) = 12`+end)
	s.work(1, `^    vfs_setattr\(`+q+`/a`+f+`, size=4000.*\) = 0`+end)
	s.work(1, `^    vfs_setattr\(`+q+`/a`+f+`, mode=0600\) = 0`+end)
	s.work(1, `^    vfs_fallocate\(`+q+`/a`+f+`, offset=0, bytes=8192\) = 0`+end)
	s.work(1, `^    vfs_copy\(`+q+`/a`+f+`, to=`+q+`/copy, offset=0, bytes=700\) = 700`+end)
	s.work(1, `^    vfs_setxattr\(`+q+`/a`+f+`, name="trusted.x", bytes=9\) = 0`+end)
	s.work(1, `^    vfs_removexattr\(`+q+`/a`+f+`, name="trusted.x"\) = 0`+end)
	s.work(1, `^    vfs_link\(`+q+`/a`+f+`, to=`+q+`/hard\) = 0`+end)
	s.work(1, `^    vfs_symlink\(`+q+`/soft`+f+`, name="a"\) = 0`+end)
	s.work(1, `^    vfs_readlink\(`+q+`/soft`+f+`, bytes=256\) = 1`+end)
	s.work(1, `^    vfs_mknod\(`+q+`/fifo`+f+`, mode=S_IFIFO\|0600\) = 0`+end)
	s.work(1, `^    vfs_rename\(`+q+`/a`+f+`, to=`+q+`/sub/b\) = 0`+end)
	s.work(1, `^    vfs_open\(`+q+`/sub/b`+f+`, flags=O_RDONLY.*\) = 0`+end)
	s.work(1, `^    vfs_mmap\(`+q+`/sub/b`+f+`, offset=4096, bytes=4096, prot=PROT_READ, flags=MAP_PRIVATE\) = 0x[0-9a-f]+`+end)
	s.work(1, `^    vfs_splice\(`+q+`/sub/b`+f+`, offset=0, bytes=1000\) = 1000`+end)
	s.work(1, `^    vfs_splice\(`+q+`/sub/b`+f+`, to=pipe:\[\d+\], .*bytes=500\) = 500`+end)
	s.work(1, `^    vfs_readdir\(`+q+f+`\) = 0`+end)
	s.work(1, `^    vfs_getattr\(`+q+f+`\) = 0`+end)
	for _, name := range []string{"/sub/b", "/hard", "/soft", "/fifo"} {
		s.work(1, `^    vfs_unlink\(`+q+name+f+`\) = 0`+end)
	}
	s.work(1, `^    vfs_rmdir\(`+q+`/sub`+f+`\) = 0`+end)
	s.under(`vfs_write\(.*bytes=5000\)`, `^write\(`)
	s.work(1, `^    vfs_lookup\(name="`+q+`/none".*\) = -1 ENOENT`)
	s.work(1, `^vfs_fault\(`+q+`/sub/b`+f+`, offset=4096, .*\) = 0x[0-9a-f]+`+end)
	s.under(`vfs_rename\(`, `^renameat2\(`)
}

// work is want for lines of work, which it shows if it fails.
func (s *seen) work(n int, expr string) {
	s.t.Helper()
	re, got := regexp.MustCompile(expr), 0
	for _, line := range s.lines {
		if re.MatchString(line) {
			got++
		}
	}
	if got == n {
		return
	}
	s.t.Errorf("%d lines match %s, not %d", got, expr, n)
	if !s.shown {
		s.shown = true
		for _, line := range s.lines {
			if strings.Contains(line, "vfs_") {
				s.t.Log(line)
			}
		}
	}
}

// under checks that the line that matches work stands below one that matches
// call, with nothing but other work between.
func (s *seen) under(work, call string) {
	s.t.Helper()
	w, c := regexp.MustCompile(work), regexp.MustCompile(call)
	for i, line := range s.lines {
		if !w.MatchString(line) {
			continue
		}
		for i > 0 && strings.HasPrefix(s.lines[i], "    ") {
			i--
		}
		if !c.MatchString(s.lines[i]) {
			s.t.Errorf("%s is below %s", line, s.lines[i])
		}
		return
	}
	s.t.Errorf("no line matches %s", work)
}

// TestVFSAlone: without calls, and of chosen operations only.
func TestVFSAlone(t *testing.T) {
	needVFS(t)
	dir := t.TempDir()
	none := calls(t, "none")
	s := trace(t, loader.Options{Enter: none, Exit: none, VFS: &loader.VFS{Ops: []string{"unlink", "mkdir"}}}, "vfs", dir)
	s.ended(7)
	q := regexp.QuoteMeta(dir)
	s.work(1, `^vfs_mkdir\(`+q+`/sub, .*\) = 0 `)
	s.work(1, `^vfs_unlink\(`+q+`/sub/b, .*\) = 0 `)
	s.work(0, `vfs_(open|read|write|rmdir)`)
	s.work(0, `^[a-z0-9]+\(.*=`+`.*\)$`)
	if s.kinds[events.Whole] != 0 {
		t.Errorf("%d calls", s.kinds[events.Whole])
	}
}

// TestVFSMinimum: the least number of bytes is applied in the kernel.
func TestVFSMinimum(t *testing.T) {
	needVFS(t)
	dir := t.TempDir()
	s := trace(t, loader.Options{Times: true, VFS: &loader.VFS{Ops: []string{"read", "write"}, MinBytes: 4097}}, "vfs", dir)
	s.ended(7)
	s.work(1, `vfs_(read|write)\(`+regexp.QuoteMeta(dir))
	s.work(1, `vfs_write\(.*\) = 5000 `)
}

// TestVFSOracle: the bytes that the kernel's own accounting counts are those
// of the operations seen.
func TestVFSOracle(t *testing.T) {
	needVFS(t)
	file := filepath.Join(t.TempDir(), "file")
	s := trace(t, loader.Options{Times: true, VFS: &loader.VFS{Ops: []string{"read", "write"}}}, "rewrite", file)
	s.ended(7)
	re := regexp.MustCompile(`vfs_(read|write)\(` + regexp.QuoteMeta(file) + `,.*\) = (\d+) `)
	var got struct{ reads, writes, rbytes, wbytes int }
	for _, line := range s.lines {
		m := re.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[2])
		if m[1] == "read" {
			got.reads, got.rbytes = got.reads+1, got.rbytes+n
		} else {
			got.writes, got.wbytes = got.writes+1, got.wbytes+n
		}
	}
	t.Logf("%+v", got)
	if got.reads != 200 || got.writes != 200 || got.wbytes != 10*199*200/2 || got.rbytes != 7*199*200/2 {
		t.Errorf("%+v: not 200 reads and writes of %d and %d bytes", got, 7*199*200/2, 10*199*200/2)
	}
}

// TestVFSRefused: what cannot be had is refused by name, with the reason.
func TestVFSRefused(t *testing.T) {
	testenv.NeedRoot(t)
	s, err := loader.Open(loader.Options{VFS: &loader.VFS{Ops: []string{"read"}}})
	if err == nil {
		if m := s.VFSMeans()["read"]; m != "fentry" && (m != "kprobe" || must(kernels.Fentry)) {
			t.Errorf("read is seen by %q", m)
		}
		s.Close()
		return
	}
	if !strings.Contains(err.Error(), "vfs: read cannot be seen on this kernel: ") {
		t.Error(err)
	}
}

// TestVFSPlaces: paths are those of the mounts as they are, whole.
func TestVFSPlaces(t *testing.T) {
	needVFS(t)
	dir := t.TempDir()
	s := trace(t, loader.Options{Times: true, VFS: &loader.VFS{Ops: []string{"open", "write", "unlink", "mount"}}}, "places", dir)
	s.ended(7)
	q := regexp.QuoteMeta(dir)
	s.work(1, `vfs_write\(`+q+`/bound/in/file, .*\) = 1 `)
	s.work(1, `vfs_unlink\(`+q+`/bound/in/file, .*\) = 0 `)
	s.work(1, `vfs_mount\(`+q+`/bound, .*, flags=0x1000\) = 0 `)
	s.work(1, `vfs_write\(`+q+`/gone \(deleted\), .*\) = 1 `)
	s.work(1, `vfs_write\(`+q+strings.Repeat("/"+strings.Repeat("d", 100), 30)+`/file, .*\) = 1 `)
	s.work(1, `vfs_write\(`+q+`/sub/rooted, .*\) = 1 `)
	s.work(1, `vfs_open\(`+q+`/sub/rooted, .*, created\) = 0 `)
}

// TestVFSCommand: the command, as a user runs it.
func TestVFSCommand(t *testing.T) {
	needVFS(t)
	const command = "/bin/ebtrace" // vmtest/build.go
	if _, err := os.Stat(command); err != nil {
		t.Skip("the guest's own ebtrace is not here")
	}
	dir := t.TempDir()
	for _, form := range []string{"", "--json"} {
		out := filepath.Join(dir, "out"+form)
		cmd := program("files", dir)
		cmd.Args = []string{command, "--vfs=open,read,write,unlink", "-e", "trace=openat,read,write,unlinkat", "-o", out, "--", "/proc/self/exe"}
		if form != "" {
			cmd.Args = slices.Insert(cmd.Args, 1, form)
		}
		self, _ := os.Executable()
		cmd.Args[len(cmd.Args)-1] = self
		cmd.Path = command
		if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 7 {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		want := "    vfs_write(" + dir + "/file, tmpfs "
		if form != "" {
			want = `"operation":"write",`
		}
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s", want)
		}
		lines := strings.Split(string(b), "\n")
		t.Log(strings.Join(lines[max(0, len(lines)-40):], "\n"))
	}
}
