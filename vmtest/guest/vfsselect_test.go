package guest

import (
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/loader"
)

// selected traces the workload "vfs" in dir with a selection, without calls,
// and returns what was seen. What is not selected makes no record: the thread's
// records are numbered without a gap, which newTracer's finish checks.
func selected(t *testing.T, dir string, o loader.VFS) *seen {
	t.Helper()
	none := calls(t, "none")
	o.Kprobes = haveKprobes() // they are attached faster, and this is not about them
	s := trace(t, loader.Options{Enter: none, Exit: none, VFS: &o}, "vfs", dir)
	s.ended(7)
	return s
}

// all checks that every operation seen matches an expression, and that there are some.
func (s *seen) all(expr string) {
	s.t.Helper()
	re, n := regexp.MustCompile(expr), 0
	for _, line := range s.lines {
		line = strings.TrimLeft(line, " ") // one within another
		switch {
		case !strings.HasPrefix(line, "vfs_"):
		case re.MatchString(line):
			n++
		default:
			s.t.Errorf("seen: %s", line)
		}
	}
	if n == 0 || n != s.kinds[events.Work] {
		s.t.Errorf("%d operations match %s, %d records were made", n, expr, s.kinds[events.Work])
	}
}

func TestVFSSelectPath(t *testing.T) {
	needVFS(t)
	dir := t.TempDir()
	q := regexp.QuoteMeta(dir)
	s := selected(t, dir, loader.VFS{Paths: []string{dir + "/sub", "/nosuch"}})
	s.all(`^vfs_[a-z]+\((` + q + `/sub[/,]|` + q + `/a, .*to=` + q + `/sub/b\)|name="` + q + `/sub"|name="` + q + `/sub/)`)
	s.work(1, `^vfs_mkdir\(`+q+`/sub, `)
	s.work(1, `^vfs_rename\(`+q+`/a, .*to=`+q+`/sub/b\) = 0`)
	s.work(1, `^vfs_rmdir\(`+q+`/sub, `)
	s.work(1, `^vfs_mmap\(`+q+`/sub/b, `)
}

func TestVFSSelectPlace(t *testing.T) {
	needVFS(t)
	dirs := directories(t)
	for fs, dir := range dirs {
		t.Run(fs, func(t *testing.T) {
			s := selected(t, dir, loader.VFS{FS: []string{"nosuch", fs}})
			s.all(`^vfs_[a-z]+\([^ ]*, (to=.*, )?` + fs + ` \d`)
			s.work(1, `^vfs_write\(.*/a, .*= 5000 `)
			s = selected(t, dir, loader.VFS{FS: []string{"nosuch"}})
			if s.kinds[events.Work] != 0 {
				t.Errorf("%d operations of no file system", s.kinds[events.Work])
			}
			var st syscall.Stat_t
			if err := syscall.Stat(dir, &st); err != nil {
				t.Fatal(err)
			}
			major, minor := uint32(st.Dev>>8&0xfff), uint32(st.Dev&0xff|st.Dev>>12&0xfff00)
			s = selected(t, dir, loader.VFS{Devices: []uint32{1<<20 | 2, major<<20 | minor}})
			s.work(1, `^vfs_write\(.*/a, .*= 5000 `)
			s.all(`^vfs_[a-z]+\([^ ]*, (to=.*, )?` + fs + ` \d`)
		})
	}
}

func TestVFSSelectError(t *testing.T) {
	needVFS(t)
	dir := t.TempDir()
	s := selected(t, dir, loader.VFS{Errnos: onlyENOENT(t)})
	s.all(`\) = -1 ENOENT`)
	s.work(1, `^vfs_lookup\(name="`+regexp.QuoteMeta(dir)+`/none".*\) = -1 ENOENT`)
}

func onlyENOENT(t *testing.T) *table.ErrnoSet {
	t.Helper()
	set, err := table.ParseErrnos("ENOENT")
	if err != nil {
		t.Fatal(err)
	}
	return set
}
