package decode

import (
	"slices"
	"testing"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/events"
)

func fsName(s string) (fs [16]int8) {
	for i := range s {
		fs[i] = int8(s[i])
	}
	return fs
}

func workRec(w bpf.VfsEbWork) *rec { return kindRec(bpf.TraceEbKind(bpf.VfsEbKindEB_WORK), w) }

func TestWork(t *testing.T) {
	d := New(Options{StrSize: 32})
	r := workRec(bpf.VfsEbWork{Begin: 5, Cause: 3, Ret: 7, Offset: 100, Bytes: 4096, Depth: 1, Layer: 1,
		Op: uint16(bpf.VfsEbVfsOpEB_VFS_READ), Context: uint8(bpf.VfsEbContextEB_BY_CALL), Fs: fsName("ext4")})
	r.head.Nr = 0 // read, of amd64
	r.fd(0, 0, bpf.TraceEbFdinfo{Fd: -1, Ino: 9, Dev: 254<<20 | 1, Flags: uint32(bpf.TraceEbFdFlagEB_FD_DELETED)}, "/etc/hostname")
	w := decodeOther(t, d, events.Work, 7, r).Work
	if w.Name != "read" || w.Call != "read" || w.Context != "syscall" || w.Ret != 7 || w.Errno != 0 || w.Offset != 100 || w.Bytes != 4096 ||
		w.Depth != 1 || string(w.FS) != "ext4" || string(w.File.Path) != "/etc/hostname" || !w.File.Deleted || w.File.Ino != 9 || w.File2 != nil {
		t.Errorf("%+v %+v", w, w.File)
	}
	r = workRec(bpf.VfsEbWork{Ret: -2, Offset: -1, Layer: 1, Op: uint16(bpf.VfsEbVfsOpEB_VFS_RENAME), Args: [2]uint64{1}})
	r.fd(1, 0, bpf.TraceEbFdinfo{Fd: -1}, "/b").fd(0, 0, bpf.TraceEbFdinfo{Fd: -1}, "/a")
	w = decodeOther(t, d, events.Work, 7, r).Work
	if w.Name != "rename" || w.Call != "" || w.Errno != 2 || string(w.File.Path) != "/a" || string(w.File2.Path) != "/b" || len(w.Args) != 1 {
		t.Errorf("%+v", w)
	}
	r = workRec(bpf.VfsEbWork{Layer: 1, Op: 999, Context: 99})
	if w = decodeOther(t, d, events.Work, 7, r).Work; w.Name != "unknown" || w.Context != "" {
		t.Errorf("%+v", w)
	}
	r = workRec(bpf.VfsEbWork{Layer: 1, Op: uint16(bpf.VfsEbVfsOpEB_VFS_UNLINK)})
	r.fd(0, 0, bpf.TraceEbFdinfo{Fd: -1, Flags: uint32(bpf.TraceEbFdFlagEB_FD_DELETED)}, "/a")
	if w = decodeOther(t, d, events.Work, 7, r).Work; w.File.Deleted {
		t.Error("an unlinked name is told to be deleted before")
	}
}

// TestVFSLock: a lock by fcntl(2) and one by flock(2).
func TestVFSLock(t *testing.T) {
	d := New(Options{StrSize: 32})
	for _, c := range []struct {
		args [2]uint64
		want []string
	}{
		{[2]uint64{6, 0}, []string{"command F_SETLK", "type F_RDLCK"}},
		{[2]uint64{1024, 2}, []string{"command F_SETLEASE", "type F_UNLCK"}},
		{[2]uint64{0, 2}, []string{"flock LOCK_EX"}},
	} {
		r := workRec(bpf.VfsEbWork{Op: uint16(bpf.VfsEbVfsOpEB_VFS_LOCK), Layer: 1, Args: c.args})
		var got []string
		for _, a := range decodeOther(t, d, events.Work, 7, r).Work.Args {
			got = append(got, a.Name+" "+a.Set.Find(0, a.Num))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, not %q", c.args, got, c.want)
		}
	}
}

// TestVFSOperationNames: every operation of the wire has a name.
func TestVFSOperationNames(t *testing.T) {
	for op := bpf.VfsEbVfsOpEB_VFS_OPEN; op < bpf.VfsEbVfsOpEB_VFS_OPS; op++ {
		if int(op) >= len(vfsOps) || vfsOps[op].name == "" {
			t.Errorf("operation %d has no name", op)
		}
		for _, a := range vfsOps[min(int(op), len(vfsOps)-1)].args {
			if a.kind == Flags && a.set == nil {
				t.Errorf("operation %d: no set for %s", op, a.name)
			}
		}
	}
}
