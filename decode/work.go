package decode

import (
	"bytes"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/decode/xlat"
	"github.com/ebtrace/ebtrace/events"
)

// vfsOp is how an operation is shown.
type vfsOp struct {
	name string
	args [2]workArg
	hex  bool
}

// workArg is one of the two numbers of an operation; no name: it has none.
type workArg struct {
	name string
	kind Kind
	set  *xlat.Set
}

func flagsOf(name, set string) workArg { return workArg{name, Flags, xlat.Lookup(set)} }

// vfsOps by enum eb_vfs_op of bpf/record.h.
var vfsOps = [...]vfsOp{
	bpf.VfsEbVfsOpEB_VFS_OPEN:        {name: "open", args: [2]workArg{flagsOf("flags", "open")}},
	bpf.VfsEbVfsOpEB_VFS_READ:        {name: "read"},
	bpf.VfsEbVfsOpEB_VFS_WRITE:       {name: "write"},
	bpf.VfsEbVfsOpEB_VFS_FSYNC:       {name: "fsync", args: [2]workArg{{name: "datasync", kind: Uint}}},
	bpf.VfsEbVfsOpEB_VFS_UNLINK:      {name: "unlink"},
	bpf.VfsEbVfsOpEB_VFS_RENAME:      {name: "rename", args: [2]workArg{flagsOf("flags", "renameat2")}},
	bpf.VfsEbVfsOpEB_VFS_MKDIR:       {name: "mkdir", args: [2]workArg{{name: "mode", kind: Octal}}},
	bpf.VfsEbVfsOpEB_VFS_RMDIR:       {name: "rmdir"},
	bpf.VfsEbVfsOpEB_VFS_LINK:        {name: "link"},
	bpf.VfsEbVfsOpEB_VFS_SYMLINK:     {name: "symlink"},
	bpf.VfsEbVfsOpEB_VFS_MKNOD:       {name: "mknod", args: [2]workArg{{name: "mode", kind: Mode}, {name: "dev", kind: Hex}}},
	bpf.VfsEbVfsOpEB_VFS_READDIR:     {name: "readdir"},
	bpf.VfsEbVfsOpEB_VFS_GETATTR:     {name: "getattr"},
	bpf.VfsEbVfsOpEB_VFS_SETATTR:     {name: "setattr"},
	bpf.VfsEbVfsOpEB_VFS_SETXATTR:    {name: "setxattr", args: [2]workArg{flagsOf("flags", "xattr")}},
	bpf.VfsEbVfsOpEB_VFS_REMOVEXATTR: {name: "removexattr"},
	bpf.VfsEbVfsOpEB_VFS_READLINK:    {name: "readlink"},
	bpf.VfsEbVfsOpEB_VFS_FALLOCATE:   {name: "fallocate", args: [2]workArg{flagsOf("mode", "fallocate")}},
	bpf.VfsEbVfsOpEB_VFS_MMAP:        {name: "mmap", args: [2]workArg{flagsOf("prot", "mmap_prot"), flagsOf("flags", "mmap_flags")}, hex: true},
	bpf.VfsEbVfsOpEB_VFS_FAULT:       {name: "fault", args: [2]workArg{{name: "address", kind: Addr}}, hex: true},
	bpf.VfsEbVfsOpEB_VFS_SPLICE:      {name: "splice", args: [2]workArg{{name: "flags", kind: Hex}}},
	bpf.VfsEbVfsOpEB_VFS_COPY:        {name: "copy"},
	bpf.VfsEbVfsOpEB_VFS_MOUNT:       {name: "mount", args: [2]workArg{{name: "flags", kind: Hex}}},
	bpf.VfsEbVfsOpEB_VFS_LOOKUP:      {name: "lookup", args: [2]workArg{{name: "flags", kind: Hex}}},
}

// contexts by enum eb_context.
var contexts = [...]string{
	bpf.VfsEbContextEB_BY_CALL:  "syscall",
	bpf.VfsEbContextEB_BY_FAULT: "page fault",
	bpf.VfsEbContextEB_BY_URING: "io_uring",
}

// Attributes that an EB_VFS_SETATTR changes: include/linux/fs.h.
const (
	attrMode  = 1
	attrUID   = 2
	attrGID   = 4
	attrSize  = 8
	attrTimes = 1<<4 | 1<<5 | 1<<7 | 1<<8 // ATIME, MTIME, ATIME_SET, MTIME_SET
)

// decodeWork decodes an operation below the calls.
func (d *Decoder) decodeWork(ev *events.Event) {
	r := ev.Rec
	k := r.Work()
	d.setABI(table.AMD64) // kernel values do not depend on it
	w := &d.work
	*w = Work{
		Layer: "vfs", Name: "unknown", Begin: k.Begin, End: r.Time, Cause: k.Cause, Depth: int(k.Depth),
		Offset: k.Offset, Bytes: k.Bytes, Ret: k.Ret,
		Created: bpf.VfsEbWorkFlag(k.Flags)&bpf.VfsEbWorkFlagEB_WORK_CREATED != 0,
	}
	d.out.Work = w
	if int(k.Context) < len(contexts) {
		w.Context = contexts[k.Context]
	}
	if k.Cause != 0 {
		w.Call = d.nameOf(table.ABI(r.Abi), r.Nr)
	}
	if k.Ret < 0 && k.Ret >= -4095 {
		w.Errno = int(-k.Ret)
	}
	w.FS = d.workFS(k.Fs)
	d.workParts(w, r)
	if int(k.Op) >= len(vfsOps) || vfsOps[k.Op].name == "" {
		return
	}
	op := &vfsOps[k.Op]
	w.Name, w.Hex = op.name, op.hex
	switch bpf.VfsEbVfsOp(k.Op) {
	case bpf.VfsEbVfsOpEB_VFS_SETATTR:
		d.attributes(k.Args[0], k.Args[1])
	case bpf.VfsEbVfsOpEB_VFS_UNLINK, bpf.VfsEbVfsOpEB_VFS_RMDIR:
		if w.File != nil {
			w.File.Deleted = false // by this
		}
	}
	for i, a := range op.args {
		if a.name != "" && !(k.Args[i] == 0 && a.kind != Octal && !(a.set != nil && a.name == "flags" && op.name == "open")) {
			d.nodes = append(d.nodes, Value{Kind: a.kind, Flags: FlagNamed, Name: a.name, Num: k.Args[i], Set: a.set, Span: 1})
		}
	}
	w.Args = d.nodes
}

// workFS is the name of a file system, which ends at the first NUL.
func (d *Decoder) workFS(fs [16]int8) []byte {
	n := len(d.chars)
	for _, c := range fs {
		if c == 0 {
			break
		}
		d.chars = append(d.chars, byte(c))
	}
	return bytes.Clone(d.chars[n:])
}

// workParts takes over the sections: two files and a name.
func (d *Decoder) workParts(w *Work, r *events.Record) {
	for off := 0; ; {
		s, ok := r.Next(&off)
		if !ok {
			break
		}
		switch bpf.TraceEbSecKind(s.Kind) {
		case bpf.TraceEbSecKindEB_SEC_FD:
			d.collectFD(&s)
		case bpf.TraceEbSecKindEB_SEC_STR:
			w.Text = s.Data
		}
	}
	for i := range d.fds {
		switch f := &d.fds[i]; f.arg {
		case 0:
			w.File = &f.file
		case 1:
			w.File2 = &f.file
		}
	}
}

// attributes appends what is changed, and to what.
func (d *Decoder) attributes(valid, v uint64) {
	num := func(name string, k Kind, n uint64) {
		d.nodes = append(d.nodes, Value{Kind: k, Flags: FlagNamed, Name: name, Num: n, Span: 1})
	}
	switch {
	case valid&attrSize != 0:
		num("size", Uint, v)
	case valid&attrMode != 0:
		num("mode", Octal, v&0o7777)
	case valid&(attrUID|attrGID) != 0:
		if valid&attrUID != 0 {
			num("uid", Uint, v&0xffffffff)
		}
		if valid&attrGID != 0 {
			num("gid", Uint, v>>32)
		}
	}
	if valid&attrTimes != 0 {
		d.nodes = append(d.nodes, Value{Kind: Word, Flags: FlagNamed, Name: "what", Text: "times", Span: 1})
	}
}
