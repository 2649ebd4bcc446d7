package decode

import (
	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/xlat"
)

// vfsOp is how an operation is shown.
type vfsOp struct {
	name string
	args [2]workArg
	hex  bool
	// moves: the result is a number of bytes
	moves bool
}

// vfsOps by enum eb_vfs_op of bpf/record.h.
var vfsOps = [...]vfsOp{
	bpf.VfsEbVfsOpEB_VFS_OPEN:        {name: "open", args: [2]workArg{flagsOf("flags", "open")}},
	bpf.VfsEbVfsOpEB_VFS_READ:        {name: "read", moves: true},
	bpf.VfsEbVfsOpEB_VFS_WRITE:       {name: "write", moves: true},
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
	bpf.VfsEbVfsOpEB_VFS_SPLICE:      {name: "splice", moves: true, args: [2]workArg{{name: "flags", kind: Hex}}},
	bpf.VfsEbVfsOpEB_VFS_COPY:        {name: "copy", moves: true},
	bpf.VfsEbVfsOpEB_VFS_MOUNT:       {name: "mount", args: [2]workArg{{name: "flags", kind: Hex}}},
	bpf.VfsEbVfsOpEB_VFS_UMOUNT:      {name: "umount", args: [2]workArg{flagsOf("flags", "umount")}},
	bpf.VfsEbVfsOpEB_VFS_LOOKUP:      {name: "lookup", args: [2]workArg{{name: "flags", kind: Hex}}},
	bpf.VfsEbVfsOpEB_VFS_LOCK:        {name: "lock"},
	bpf.VfsEbVfsOpEB_VFS_GETXATTR:    {name: "getxattr"},
	bpf.VfsEbVfsOpEB_VFS_LISTXATTR:   {name: "listxattr"},
	bpf.VfsEbVfsOpEB_VFS_CLOSE:       {name: "close"},
}

// Attributes that an EB_VFS_SETATTR changes: include/linux/fs.h.
const (
	attrMode  = 1
	attrUID   = 2
	attrGID   = 4
	attrSize  = 8
	attrTimes = 1<<4 | 1<<5 | 1<<7 | 1<<8 // ATIME, MTIME, ATIME_SET, MTIME_SET
)

// decodeVFS decodes an operation of the virtual file system.
func (d *Decoder) decodeVFS(w *Work, k *bpf.VfsEbWork) {
	if int(k.Op) >= len(vfsOps) || vfsOps[k.Op].name == "" {
		return
	}
	op := &vfsOps[k.Op]
	w.Name, w.Hex = op.name, op.hex
	if op.moves {
		w.moved()
	}
	switch bpf.VfsEbVfsOp(k.Op) {
	case bpf.VfsEbVfsOpEB_VFS_SETATTR:
		d.attributes(k.Args[0], k.Args[1])
	case bpf.VfsEbVfsOpEB_VFS_LOCK:
		d.lock(k.Args[0], k.Args[1])
	case bpf.VfsEbVfsOpEB_VFS_UNLINK, bpf.VfsEbVfsOpEB_VFS_RMDIR:
		if w.File != nil {
			w.File.Deleted = false // by this
		}
	}
	for i, a := range op.args {
		if a.name != "" && !(k.Args[i] == 0 && a.kind != Octal && !(a.set != nil && a.name == "flags" && op.name == "open")) {
			d.workArg(a, k.Args[i])
		}
	}
	w.Args = d.nodes
}

// Arguments of a lock: by fcntl(2), and by flock(2).
var (
	lockCommand = workArg{"command", Enum, xlat.Lookup("fcntl_cmds")}
	lockType    = workArg{"type", Enum, xlat.Lookup("lock_types")}
	flockType   = flagsOf("flock", "flock_ops")
)

// lock appends how a file is locked.
func (d *Decoder) lock(command, kind uint64) {
	if command == 0 {
		d.workArg(flockType, kind)
		return
	}
	d.workArg(lockCommand, command)
	d.workArg(lockType, kind)
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
