package loader

import (
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/ebtrace/ebtrace/bpf"
)

func TestVFSSelectionRefused(t *testing.T) {
	for _, c := range []struct {
		o    VFS
		want string
	}{
		{VFS{Paths: []string{"etc"}}, "must begin with a slash"},
		{VFS{Paths: []string{""}}, "must begin with a slash"},
		{VFS{Paths: []string{"/" + strings.Repeat("x", 254)}}, "at most 254"},
		{VFS{Paths: []string{"/a\x00b"}}, "none of them NUL"},
		{VFS{Paths: make([]string, 65)}, "at most 64"},
		{VFS{FS: []string{"a file system"}}, "/proc/filesystems"},
		{VFS{FS: []string{"sixteen_letters_"}}, "1 to 15 characters"},
		{VFS{FS: make([]string, 17)}, "at most 16"},
		{VFS{Devices: make([]uint32, 17)}, "at most 16"},
	} {
		o := Options{VFS: &c.o}
		if err := o.check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, not: %s", c.o, err, c.want)
		}
	}
	o := Options{VFS: &VFS{Paths: []string{"/etc/", "/", "/a/../b//c", "/" + strings.Repeat("x", 253)}, FS: []string{"ext4", "fuse.s-3"}}}
	if err := o.check(); err != nil || !slices.Equal(o.VFS.Paths[:3], []string{"/etc", "/", "/b/c"}) {
		t.Errorf("%v %q", err, o.VFS.Paths)
	}
}

// TestVFSPaths: which paths the map selects, asked as path_wanted does.
func TestVFSPaths(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("making BPF maps needs root")
	}
	spec, err := bpf.LoadVfs()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		prefixes, in, out []string
	}{
		{[]string{"/etc", "/home/me/x"}, []string{"/etc", "/etc/x", "/etc/x/y", "/home/me/x", "/home/me/x/1"},
			[]string{"/", "/et", "/etcetera", "/etcetera/x", "/home/me", "/home/me/xy", "/usr/etc"}},
		{[]string{"/"}, []string{"/", "/a", "/a/b"}, nil},
		{[]string{"/" + strings.Repeat("x", 253)}, []string{"/" + strings.Repeat("x", 253), "/" + strings.Repeat("x", 253) + "/y/z"},
			[]string{"/" + strings.Repeat("x", 254), "/" + strings.Repeat("x", 252)}},
	} {
		s := spec.Maps["vfs_paths"].Copy()
		s.Key, s.Value = nil, nil
		var m *ebpf.Map
		if err := unlocked(func() (err error) { m, err = ebpf.NewMap(s); return err }); err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		o := VFS{Paths: c.prefixes}
		if err := o.putPaths(m); err != nil {
			t.Fatal(err)
		}
		for i, p := range slices.Concat(c.in, c.out) {
			var key [4 + maxPrefix]byte
			var v uint8
			binary.NativeEndian.PutUint32(key[:], 8*maxPrefix)
			copy(key[4:], p)
			if got := m.Lookup(key[:], &v) == nil; got != (i < len(c.in)) {
				t.Errorf("%q: %q is selected: %v", c.prefixes, p, got)
			}
		}
	}
}
