package guest

import (
	"bufio"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/loader"
	"github.com/ebtrace/ebtrace/vmtest/workload"
)

// TestVFSLocks: locks, attributes that are read, files made and not found, and
// a file system that is taken off.
func TestVFSLocks(t *testing.T) {
	needVFS(t)
	dir := t.TempDir()
	s := trace(t, loader.Options{Times: true, VFS: &loader.VFS{Ops: []string{"open", "lock", "setxattr", "getxattr", "listxattr", "mknod", "close",
		"mount", "umount"}, Kprobes: haveKprobes()}}, "locks", dir)
	s.ended(7)
	q, f := regexp.QuoteMeta(dir), `, tmpfs \d+:\d+/[1-9]\d*`
	s.work(1, `^    vfs_lock\(`+q+`/l`+f+`, flock=LOCK_EX\) = 0`)
	s.work(1, `^    vfs_lock\(`+q+`/l`+f+`, flock=LOCK_UN\) = 0`)
	s.work(1, `^    vfs_lock\(`+q+`/l`+f+`, offset=10, bytes=20, command=F_SETLK, type=F_WRLCK\) = 0`)
	s.work(1, `^    vfs_lock\(`+q+`/l`+f+`, offset=10, bytes=20, command=F_GETLK, type=F_WRLCK\) = 0`)
	s.work(1, `^    vfs_lock\(`+q+`/l`+f+`, offset=1, command=F_OFD_SETLK, type=F_RDLCK\) = -1 EAGAIN`)
	s.work(1, `^    vfs_lock\(`+q+`/l`+f+`, command=F_SETLEASE, type=F_WRLCK\) = 0`)
	s.work(1, `^    vfs_lock\(`+q+`/l`+f+`, command=F_SETLEASE, type=F_UNLCK\) = 0`)
	s.work(7, `vfs_lock\(`)
	s.work(1, `^    vfs_getxattr\(`+q+`/l`+f+`, name="trusted.y", bytes=64\) = 5`)
	s.work(1, `^    vfs_getxattr\(.*/l`+f+`, name="trusted.y", bytes=60\) = 5`)
	s.work(1, `^    vfs_listxattr\(`+q+`/l`+f+`, bytes=64\) = 10`)
	s.work(1, `^    vfs_mknod\(`+q+`/plain`+f+`, mode=S_IFREG\|0640\) = 0`)
	s.work(1, `^    vfs_open\(`+q+`/l`+f+`, flags=O_RDWR\|O_CREAT.*, created\) = 0`)
	s.work(1, `^    vfs_open\(name="`+q+`/none", flags=O_WRONLY.*\) = -1 ENOENT`)
	s.work(1, `^    vfs_open\(name="`+q+`/l", flags=O_RDONLY\|.*O_DIRECTORY.*\) = -1 ENOTDIR`)
	s.work(1, `^    vfs_close\(`+q+`/l`+f+`\) = 0`)
	s.work(1, `^    vfs_mount\(`+q+`/m`+f+`.*\) = 0`)
	s.work(1, `^    vfs_umount\(`+q+`/m`+f+`\) = 0`)
	s.work(1, `^    vfs_umount\(`+q+`/m`+f+`, flags=MNT_DETACH\) = -1 EINVAL`)
	s.under(`vfs_umount\(.*= 0`, `^umount2\(`)
	s.under(`vfs_open\(name="`+q+`/none"`, `^openat\(`)
}

// TestVFSOverlay: files of an overlay are told by their place in it, with what
// is done in the layers below them.
func TestVFSOverlay(t *testing.T) {
	needVFS(t)
	dir := t.TempDir()
	s := trace(t, loader.Options{Times: true, VFS: &loader.VFS{Ops: []string{"open", "read", "write", "rename"}}}, "overlay", dir)
	if s.status.ExitStatus() == workload.Unavailable {
		t.Skip("this kernel cannot mount an overlay")
	}
	s.ended(7)
	q, f := regexp.QuoteMeta(dir), `, overlay \d+:\d+/[1-9]\d*`
	for _, name := range []string{"low", "up"} {
		s.work(1, `^    vfs_open\(`+q+`/merged/`+name+f+`, flags=O_RDONLY.*\) = 0`)
		s.work(1, `^    vfs_read\(`+q+`/merged/`+name+f+`, offset=0, bytes=64\) = 1`)
	}
	s.work(1, `^    vfs_write\(`+q+`/merged/low`+f+`, offset=\d+, bytes=3\) = 3`)
	s.work(1, `^    vfs_rename\(`+q+`/merged/up`+f+`, to=`+q+`/merged/there\) = 0`)
	s.work(1, `^        vfs_rename\(.*/up, tmpfs .*to=.*/there\) = 0`)
	s.under(`vfs_write\(`+q+`/merged/low`, `^write\(`)
}

// TestVFSDeepest: the longest paths that there can be are whole.
func TestVFSDeepest(t *testing.T) {
	needVFS(t)
	dir := t.TempDir()
	s := trace(t, loader.Options{VFS: &loader.VFS{Ops: []string{"write"}}}, "deepest", dir)
	s.ended(7)
	re := regexp.MustCompile(`vfs_write\((/[^ ,]*/f+), tmpfs .*\) = 1 `)
	found := 0
	for _, line := range s.lines {
		m := re.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		found++
		if len(m[1]) != 4095 || !strings.HasPrefix(m[1], dir+"/") {
			t.Errorf("a path of %d bytes, not 4095: %.60s...", len(m[1]), m[1])
		}
	}
	if found != 2 {
		t.Errorf("%d paths, not 2", found)
	}
}

// TestVFSDirect: what goes past the page cache is seen as anything else.
func TestVFSDirect(t *testing.T) {
	needVFS(t)
	dir, ok := directories(t)["ext4"]
	if !ok {
		t.Skip("no ext4")
	}
	s := trace(t, loader.Options{Times: true, VFS: &loader.VFS{Ops: []string{"open", "read", "write"}}}, "direct", dir+"/direct")
	s.ended(7)
	q := regexp.QuoteMeta(dir + "/direct")
	s.work(1, `^    vfs_open\(`+q+`, ext4 .*O_DIRECT.*\) = 0`)
	s.work(1, `^    vfs_write\(`+q+`, ext4 \d+:\d+/\d+, offset=0, bytes=8192\) = 8192`)
	s.work(1, `^    vfs_read\(`+q+`, ext4 \d+:\d+/\d+, offset=4096, bytes=4096\) = 4096`)
}

// TestVFSAttach: files that were opened before the trace have their paths, and
// one that was removed before it is marked.
func TestVFSAttach(t *testing.T) {
	needVFS(t)
	name := filepath.Join(t.TempDir(), "held")
	cmd := program("held", name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatal(line, err)
	}
	r := newTracer(t, loader.Options{Times: true, VFS: &loader.VFS{Ops: []string{"write"}}})
	if _, err := r.sess.Follow(r.seq, r.emit, []int{cmd.Process.Pid}, true, true); err != nil {
		t.Fatal(err)
	}
	r.pumpUntil(func() bool { return true }, func() { _, _ = in.Write([]byte("x")) })
	s := r.finish()
	q := regexp.QuoteMeta(name)
	s.work(1, `^    vfs_write\(`+q+`, tmpfs \d+:\d+/\d+, offset=0, bytes=4\) = 4`)
	s.work(1, `^    vfs_write\(`+q+`\.gone \(deleted\), tmpfs \d+:\d+/\d+, offset=0, bytes=3\) = 3`)
	s.under(`vfs_write\(`+q+`, `, `^write\(`)
}

// TestVFSMoved: the path is that of the moment, also of a file that was seen
// before under another name, or that lies where another was.
func TestVFSMoved(t *testing.T) {
	needVFS(t)
	dir := t.TempDir()
	for _, kprobes := range []bool{false, true} {
		s := trace(t, loader.Options{VFS: &loader.VFS{Ops: []string{"write"}, Kprobes: kprobes}}, "moved", dir)
		s.ended(7)
		q := `vfs_write\(` + regexp.QuoteMeta(dir)
		s.work(2, q+`/x/f, `)
		s.work(1, q+`/y/f, `)
		s.work(2, q+`/y/g, `)
		s.work(1, q+`/y/g \(deleted\), `)
		for i := range workload.Moves {
			s.work(1, q+`/`+strconv.Itoa(100+i)+`/f, `)
		}
	}
}
