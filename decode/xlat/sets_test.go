package xlat

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSetsAreInOrder: Lookup and Find search by halves.
func TestSetsAreInOrder(t *testing.T) {
	last := ""
	for s := range All {
		if s.Name <= last {
			t.Errorf("%s comes after %s", s.Name, last)
		}
		last = s.Name
		if Lookup(s.Name) != s {
			t.Errorf("Lookup(%s) finds another", s.Name)
		}
		if s.Prefix != "" && !strings.Contains(s.Prefix, "?") {
			t.Errorf("%s: prefix %s", s.Name, s.Prefix)
		}
		for abi := range s.ABI {
			for _, g := range s.ABI[abi] {
				checkGroup(t, s, g)
			}
		}
	}
	for _, no := range []string{"", "A", "zzzz", "no such set"} {
		if Lookup(no) != nil {
			t.Errorf("Lookup(%q) finds something", no)
		}
	}
}

func checkGroup(t *testing.T, s *Set, g Group) {
	t.Helper()
	for i, c := range g.Consts {
		if c.Name == "" {
			t.Errorf("%s: a constant without a name", s.Name)
		}
		if s.Enum || g.Mask != 0 {
			if i > 0 && g.Consts[i-1].Val >= c.Val {
				t.Errorf("%s: %s is out of order", s.Name, c.Name)
			}
			if g.Mask != 0 && c.Val&^g.Mask != 0 {
				t.Errorf("%s: %s has bits outside of its mask", s.Name, c.Name)
			}
			continue
		}
		if c.Val == 0 {
			t.Errorf("%s: flag %s is 0", s.Name, c.Name)
		}
		for _, d := range g.Consts[:i] {
			if c.Val&^d.Val != 0 && d.Val&^c.Val == 0 {
				t.Errorf("%s: %s hides %s", s.Name, d.Name, c.Name)
			}
		}
	}
}

// TestKnownValues compares with the constants of another source.
func TestKnownValues(t *testing.T) {
	for _, c := range []struct {
		set, name string
		abi       uint8
		val       uint64
	}{
		{"open", "O_CREAT", 0, unix.O_CREAT},
		{"open", "O_CLOEXEC", 0, unix.O_CLOEXEC},
		{"open", "O_DIRECTORY", 0, 0o200000},
		{"open", "O_DIRECTORY", 1, 0o40000},
		{"open", "O_DIRECTORY", 2, 0o200000},
		{"open", "O_RDONLY", 0, 0},
		{"mmap_prot", "PROT_EXEC", 1, unix.PROT_EXEC},
		{"mmap_flags", "MAP_PRIVATE", 0, unix.MAP_PRIVATE},
		{"mmap_flags", "MAP_32BIT", 0, 0x40},
		{"addrfams", "AF_INET6", 1, unix.AF_INET6},
		{"addrfams", "AF_VSOCK", 2, unix.AF_VSOCK},
		{"clone_flags", "CLONE_VM", 0, unix.CLONE_VM},
		{"fcntl_cmds", "F_DUPFD_CLOEXEC", 0, unix.F_DUPFD_CLOEXEC},
		{"prctl", "PR_SET_NAME", 0, unix.PR_SET_NAME},
		{"epoll_ctl", "EPOLL_CTL_ADD", 0, unix.EPOLL_CTL_ADD},
		{"msg_flags", "MSG_NOSIGNAL", 0, unix.MSG_NOSIGNAL},
		{"statx_mask", "STATX_MODE", 0, unix.STATX_MODE},
		{"ioctls", "TCGETS", 0, unix.TCGETS},
		{"ioctls", "TIOCGWINSZ", 1, unix.TIOCGWINSZ},
		{"rlimit", "RLIMIT_NOFILE", 0, unix.RLIMIT_NOFILE},
	} {
		if v, ok := Lookup(c.set).Value(c.abi, c.name); !ok || v != c.val {
			t.Errorf("%s for ABI %d: %#x, %v, want %#x", c.name, c.abi, v, ok, c.val)
		}
	}
	if _, ok := Lookup("mmap_flags").Value(1, "MAP_32BIT"); ok {
		t.Error("arm64 has MAP_32BIT")
	}
}

func TestFlags(t *testing.T) {
	split := func(abi uint8, v uint64) (names []string, rest uint64) {
		rest = Lookup("open").Flags(abi, v, func(n string) { names = append(names, n) })
		return names, rest
	}
	for _, c := range []struct {
		abi  uint8
		v    uint64
		want string
		rest uint64
	}{
		{0, unix.O_RDWR | unix.O_CREAT | unix.O_EXCL, "O_RDWR O_CREAT O_EXCL", 0},
		{0, unix.O_RDONLY, "O_RDONLY", 0},
		{0, unix.O_WRONLY | unix.O_SYNC, "O_WRONLY O_SYNC", 0},
		{0, unix.O_WRONLY | unix.O_DSYNC, "O_WRONLY O_DSYNC", 0},
		{0, unix.O_RDWR | unix.O_TMPFILE, "O_RDWR O_TMPFILE", 0},
		{0, unix.O_DIRECTORY, "O_RDONLY O_DIRECTORY", 0},
		{1, 0o40000, "O_RDONLY O_DIRECTORY", 0},
		{0, 1<<40 | unix.O_CREAT, "O_RDONLY O_CREAT", 1 << 40},
		{9, 5, "", 5},
	} {
		names, rest := split(c.abi, c.v)
		if got := strings.Join(names, " "); got != c.want || rest != c.rest {
			t.Errorf("%#x: %s, %#x; want %s, %#x", c.v, got, rest, c.want, c.rest)
		}
	}
}

func TestFind(t *testing.T) {
	s := Lookup("fcntl_cmds")
	for _, c := range []struct {
		v    uint64
		want string
	}{{unix.F_GETFD, "F_GETFD"}, {unix.F_ADD_SEALS, "F_ADD_SEALS"}, {1 << 50, ""}, {999, ""}} {
		if got := s.Find(0, c.v); got != c.want {
			t.Errorf("%d: %q, want %q", c.v, got, c.want)
		}
	}
	if s.Find(9, 0) != "" || (*Set)(nil).Find(0, 0) != "" {
		t.Error("a name from nowhere")
	}
	if v, ok := (*Set)(nil).Value(0, "X"); v != 0 || ok {
		t.Error("a value from nowhere")
	}
	var names []string
	for s := range All {
		if names = append(names, s.Name); len(names) == 3 {
			break
		}
	}
	if len(names) != 3 || !slices.IsSorted(names) {
		t.Errorf("All: %v", names)
	}
}
