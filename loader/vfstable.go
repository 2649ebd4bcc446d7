package loader

import "github.com/ebtrace/ebtrace/bpf"

// Roles of arguments.
const (
	argFile    = uint32(bpf.VfsEbRoleEB_R_FILE)
	argPath    = uint32(bpf.VfsEbRoleEB_R_PATH)
	argDentry  = uint32(bpf.VfsEbRoleEB_R_DENTRY)
	argDentry2 = uint32(bpf.VfsEbRoleEB_R_DENTRY2)
	argFile2   = uint32(bpf.VfsEbRoleEB_R_FILE2)
	argBytes   = uint32(bpf.VfsEbRoleEB_R_BYTES)
	argPos     = uint32(bpf.VfsEbRoleEB_R_POS)
	argOffset  = uint32(bpf.VfsEbRoleEB_R_OFFSET)
	argEnd     = uint32(bpf.VfsEbRoleEB_R_END)
	argPgoff   = uint32(bpf.VfsEbRoleEB_R_PGOFF)
	arg0       = uint32(bpf.VfsEbRoleEB_R_A0)
	arg1       = uint32(bpf.VfsEbRoleEB_R_A1)
	argStr     = uint32(bpf.VfsEbRoleEB_R_STR)
	argObject  = uint32(bpf.VfsEbRoleEB_R_OBJECT)
	argMnt     = uint32(bpf.VfsEbRoleEB_R_MNT)
	argFD      = uint32(bpf.VfsEbRoleEB_R_FD)
)

// vfsPoints is every probed function. That it fires, and not only attaches, is
// what TestVFS in vmtest/guest proves on each kernel.
var vfsPoints = []point{
	// the whole, with what is not found; vfs_open is within it, and alone where
	// the kernel opens for itself. do_filp_open was renamed in 7.2
	{op: "open", prog: "open_call", point: uint32(bpf.VfsEbVfsPointEB_P_openCall), funcs: []string{"do_filp_open", "do_file_open"}, extra: true,
		args: argNames{argObject: "pathname", arg0: "op"}},
	{op: "open", prog: "open", point: uint32(bpf.VfsEbVfsPointEB_P_open), funcs: []string{"vfs_open"},
		args: argNames{argPath: "path", arg1: "file"}},
	{op: "read", prog: "read", point: uint32(bpf.VfsEbVfsPointEB_P_read), funcs: []string{"vfs_read"},
		args: argNames{argFile: "file", argBytes: "count", argPos: "pos"}},
	{op: "read", prog: "readv", point: uint32(bpf.VfsEbVfsPointEB_P_readv), funcs: []string{"vfs_readv"},
		proto: []string{"file", "vec", "vlen", "pos", "flags"}, wide: true, args: argNames{argFile: "file", argPos: "pos"}},
	// what the kernel reads for itself: the head of a program at execve
	{op: "read", prog: "kernel_read", point: uint32(bpf.VfsEbVfsPointEB_P_kernelRead), funcs: []string{"kernel_read"}, extra: true,
		args: argNames{argFile: "file", argBytes: "count", argPos: "pos"}},
	{op: "write", prog: "write", point: uint32(bpf.VfsEbVfsPointEB_P_write), funcs: []string{"vfs_write"},
		args: argNames{argFile: "file", argBytes: "count", argPos: "pos"}},
	{op: "write", prog: "writev", point: uint32(bpf.VfsEbVfsPointEB_P_writev), funcs: []string{"vfs_writev"},
		proto: []string{"file", "vec", "vlen", "pos", "flags"}, wide: true, args: argNames{argFile: "file", argPos: "pos"}},
	{op: "fsync", prog: "fsync", point: uint32(bpf.VfsEbVfsPointEB_P_fsync), funcs: []string{"vfs_fsync_range"},
		args: argNames{argFile: "file", argOffset: "start", argEnd: "end", arg0: "datasync"}},
	// from 7.2 on the calls do not go through vfs_fsync_range
	{op: "fsync", prog: "fsync_fd", point: uint32(bpf.VfsEbVfsPointEB_P_fsyncFd), funcs: []string{"do_fsync"}, extra: true,
		args: argNames{argFD: "fd", arg0: "datasync"}},
	{op: "unlink", prog: "unlink", point: uint32(bpf.VfsEbVfsPointEB_P_unlink), funcs: []string{"vfs_unlink"},
		args: argNames{argDentry: "dentry"}},
	{op: "rename", prog: "rename", point: uint32(bpf.VfsEbVfsPointEB_P_rename), funcs: []string{"vfs_rename"},
		args: argNames{argObject: "rd"}},
	{op: "mkdir", prog: "mkdir", point: uint32(bpf.VfsEbVfsPointEB_P_mkdir), funcs: []string{"vfs_mkdir"},
		args: argNames{argDentry: "dentry", arg0: "mode"}},
	// where the compiler has taken vfs_rmdir apart (5.10), the call is timed and
	// the directory is that which the security hook is asked for
	{op: "rmdir", prog: "rmdir_call", point: uint32(bpf.VfsEbVfsPointEB_P_rmdirCall), funcs: []string{"do_rmdir", "filename_rmdir"}, extra: true,
		args: argNames{}},
	{op: "rmdir", prog: "rmdir", point: uint32(bpf.VfsEbVfsPointEB_P_rmdir), funcs: []string{"vfs_rmdir"},
		args: argNames{argDentry: "dentry"}},
	{op: "rmdir", prog: "rmdir_hook", point: uint32(bpf.VfsEbVfsPointEB_P_rmdirHook), funcs: []string{"security_inode_rmdir"}, extra: true,
		args: argNames{argDentry: "dentry"}},
	{op: "link", prog: "link", point: uint32(bpf.VfsEbVfsPointEB_P_link), funcs: []string{"vfs_link"},
		args: argNames{argDentry: "old_dentry", argDentry2: "new_dentry"}},
	{op: "symlink", prog: "symlink", point: uint32(bpf.VfsEbVfsPointEB_P_symlink), funcs: []string{"vfs_symlink"},
		args: argNames{argDentry: "dentry", argStr: "oldname"}},
	{op: "mknod", prog: "mknod", point: uint32(bpf.VfsEbVfsPointEB_P_mknod), funcs: []string{"vfs_mknod"},
		args: argNames{argDentry: "dentry", arg0: "mode", arg1: "dev"}},
	// mknod(2) of a regular file; open(2) does not go through it
	{op: "mknod", prog: "mknod_file", point: uint32(bpf.VfsEbVfsPointEB_P_mknodFile), funcs: []string{"vfs_create"}, extra: true,
		args: argNames{argDentry: "dentry", arg0: "mode"}},
	{op: "readdir", prog: "readdir", point: uint32(bpf.VfsEbVfsPointEB_P_readdir), funcs: []string{"iterate_dir"},
		args: argNames{argFile: "file"}},
	{op: "getattr", prog: "getattr", point: uint32(bpf.VfsEbVfsPointEB_P_getattr), funcs: []string{"vfs_getattr_nosec"},
		args: argNames{argPath: "path"}},
	{op: "setattr", prog: "setattr", point: uint32(bpf.VfsEbVfsPointEB_P_setattr), funcs: []string{"notify_change"},
		args: argNames{argDentry: "dentry", argObject: "attr"}},
	{op: "setxattr", prog: "setxattr", point: uint32(bpf.VfsEbVfsPointEB_P_setxattr), funcs: []string{"vfs_setxattr"},
		args: argNames{argDentry: "dentry", argStr: "name", argBytes: "size", arg0: "flags"}},
	{op: "removexattr", prog: "removexattr", point: uint32(bpf.VfsEbVfsPointEB_P_removexattr), funcs: []string{"vfs_removexattr"},
		args: argNames{argDentry: "dentry", argStr: "name"}},
	{op: "getxattr", prog: "getxattr", point: uint32(bpf.VfsEbVfsPointEB_P_getxattr), funcs: []string{"vfs_getxattr"},
		args: argNames{argDentry: "dentry", argStr: "name", argBytes: "size"}},
	{op: "listxattr", prog: "listxattr", point: uint32(bpf.VfsEbVfsPointEB_P_listxattr), funcs: []string{"vfs_listxattr"},
		args: argNames{argDentry: "dentry", argBytes: "size"}},
	{op: "readlink", prog: "readlink", point: uint32(bpf.VfsEbVfsPointEB_P_readlink), funcs: []string{"vfs_readlink"},
		args: argNames{argDentry: "dentry", argBytes: "buflen"}},
	{op: "fallocate", prog: "fallocate", point: uint32(bpf.VfsEbVfsPointEB_P_fallocate), funcs: []string{"vfs_fallocate"},
		args: argNames{argFile: "file", argOffset: "offset", argBytes: "len", arg0: "mode"}},
	{op: "mmap", prog: "mmap", point: uint32(bpf.VfsEbVfsPointEB_P_mmap), funcs: []string{"vm_mmap_pgoff"},
		args: argNames{argFile: "file", argBytes: "len", argPgoff: "pgoff", arg0: "prot", arg1: "flag"}},
	{op: "fault", prog: "fault", point: uint32(bpf.VfsEbVfsPointEB_P_fault), funcs: []string{"filemap_fault"},
		args: argNames{argObject: "vmf"}},
	{op: "fault", prog: "fault_shmem", point: uint32(bpf.VfsEbVfsPointEB_P_faultShmem), funcs: []string{"shmem_fault"}, extra: true,
		proto: []string{"vmf"}, args: argNames{argObject: "vmf"}},
	{op: "splice", prog: "sendfile", point: uint32(bpf.VfsEbVfsPointEB_P_sendfile), funcs: []string{"splice_direct_to_actor"},
		args: argNames{argFile: "in", argObject: "sd"}},
	// sendfile to a pipe, from 5.12 on
	{op: "splice", prog: "sendpipe", point: uint32(bpf.VfsEbVfsPointEB_P_sendpipe), funcs: []string{"splice_file_to_pipe"}, extra: true,
		args: argNames{argFile: "in", argPos: "offset", argBytes: "len", arg0: "flags"}},
	{op: "splice", prog: "splice", point: uint32(bpf.VfsEbVfsPointEB_P_splice), funcs: []string{"do_splice"},
		args: argNames{argFile: "in", argFile2: "out", argBytes: "len", argPos: "off_in", arg0: "flags"}},
	{op: "copy", prog: "copy", point: uint32(bpf.VfsEbVfsPointEB_P_copy), funcs: []string{"vfs_copy_file_range"},
		args: argNames{argFile: "file_in", argFile2: "file_out", argOffset: "pos_in", argBytes: "len", arg0: "flags"}},
	{op: "mount", prog: "mount", point: uint32(bpf.VfsEbVfsPointEB_P_mount), funcs: []string{"path_mount"},
		args: argNames{argPath: "path", argStr: "dev_name", arg0: "flags"}},
	{op: "umount", prog: "umount", point: uint32(bpf.VfsEbVfsPointEB_P_umount), funcs: []string{"path_umount"},
		args: argNames{argPath: "path", arg0: "flags"}},
	{op: "lock", prog: "lock", point: uint32(bpf.VfsEbVfsPointEB_P_lock), funcs: []string{"fcntl_setlk"},
		args: argNames{argFile: "filp", arg0: "cmd", argObject: "flock"}},
	{op: "lock", prog: "lock_test", point: uint32(bpf.VfsEbVfsPointEB_P_lockTest), funcs: []string{"fcntl_getlk"},
		args: argNames{argFile: "filp", arg0: "cmd", argObject: "flock"}},
	// flock(2), of file systems that have no locks of their own
	{op: "lock", prog: "flock", point: uint32(bpf.VfsEbVfsPointEB_P_flock), funcs: []string{"locks_lock_inode_wait"},
		args: argNames{argObject: "fl"}},
	{op: "lock", prog: "lease", point: uint32(bpf.VfsEbVfsPointEB_P_lease), funcs: []string{"fcntl_setlease"},
		args: argNames{argFile: "filp", arg1: "arg"}},
	{op: "close", prog: "close", point: uint32(bpf.VfsEbVfsPointEB_P_close), funcs: []string{"filp_close"},
		args: argNames{argFile: "filp"}},
	// close(2) from 6.6 on
	{op: "close", prog: "close_call", point: uint32(bpf.VfsEbVfsPointEB_P_closeCall), funcs: []string{"filp_flush"}, extra: true,
		args: argNames{argFile: "filp"}},
	{op: "lookup", prog: "lookup", point: uint32(bpf.VfsEbVfsPointEB_P_lookup), funcs: []string{"filename_lookup"},
		args: argNames{argPath: "path", argObject: "name", arg0: "flags"}},
	{helps: needMount, prog: "want_write", point: uint32(bpf.VfsEbVfsPointEB_P_wantWrite), funcs: []string{"mnt_want_write"}, note: true,
		args: argNames{argMnt: "m"}},
	{helps: needMount, prog: "want_write_file", point: uint32(bpf.VfsEbVfsPointEB_P_wantWriteFile), funcs: []string{"mnt_want_write_file"}, note: true,
		args: argNames{argFile: "file"}},
	{helps: needLookup, prog: "looked", point: uint32(bpf.VfsEbVfsPointEB_P_looked), funcs: []string{"filename_lookup"}, note: true,
		args: argNames{argPath: "path"}},
}

// needLookup are those whose functions say no mount either and do not write.
var needLookup = []string{"getxattr", "listxattr", "readlink"}

// needMount are the operations whose functions say no mount: it is that which
// the thread was last allowed to write to.
var needMount = []string{
	"unlink", "rename", "mkdir", "rmdir", "link", "symlink", "mknod", "setattr", "setxattr", "removexattr",
}

// VFSOperations are the names of all operations that can be asked for.
func VFSOperations() []string { return operations(vfsPoints) }
