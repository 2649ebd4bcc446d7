package workload

import (
	"os"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// vfs makes every operation of the virtual file system once or twice, in a
// directory of its own in arg. It makes raw calls; what the test asks of each is
// in vmtest/guest/vfs_test.go.
func vfs(arg string) {
	dir, _ := strings.CutSuffix(arg, "/")
	name, other := str(dir+"/a"), str(dir+"/sub/b")
	must("mkdirat", syscall.SYS_MKDIRAT, atFDCWD, str(dir+"/sub"), 0o750)
	fd := must("openat", syscall.SYS_OPENAT, atFDCWD, name, syscall.O_RDWR|syscall.O_CREAT|syscall.O_EXCL, 0o640)
	data := []byte(strings.Repeat("0123456789", 500))
	must("write", syscall.SYS_WRITE, fd, bytes(data), 5000)
	must("pwrite", syscall.SYS_PWRITE64, fd, bytes(data), 100, 5000)
	vec := []syscall.Iovec{{Base: &data[0], Len: 5}, {Base: &data[7], Len: 7}}
	must("writev", syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&vec[0])), 2)
	must("fsync", syscall.SYS_FSYNC, fd)
	must("pread", syscall.SYS_PREAD64, fd, bytes(data), 4096, 1000)
	must("lseek", syscall.SYS_LSEEK, fd, 0, 0)
	must("readv", syscall.SYS_READV, fd, uintptr(unsafe.Pointer(&vec[0])), 2)
	must("ftruncate", syscall.SYS_FTRUNCATE, fd, 4000)
	must("fchmod", syscall.SYS_FCHMOD, fd, 0o600)
	for { // a signal of the Go runtime may interrupt it (tmpfs before Linux 6)
		if _, e := raw(syscall.SYS_FALLOCATE, fd, 0, 0, 8192); e == 0 {
			break
		} else if e != syscall.EINTR {
			fatal("fallocate", e)
		}
	}
	copied := must("openat", syscall.SYS_OPENAT, atFDCWD, str(dir+"/copy"), syscall.O_WRONLY|syscall.O_CREAT, 0o600)
	at := int64(0)
	must("copy_file_range", unix.SYS_COPY_FILE_RANGE, fd, uintptr(unsafe.Pointer(&at)), copied, 0, 700, 0)
	must("fsetxattr", syscall.SYS_FSETXATTR, fd, str("trusted.x"), bytes(data), 9, 0)
	must("fremovexattr", syscall.SYS_FREMOVEXATTR, fd, str("trusted.x"))
	must("close", syscall.SYS_CLOSE, fd)
	must("linkat", syscall.SYS_LINKAT, atFDCWD, name, atFDCWD, str(dir+"/hard"), 0)
	must("symlinkat", syscall.SYS_SYMLINKAT, str("a"), atFDCWD, str(dir+"/soft"))
	buf := make([]byte, 256)
	must("readlinkat", syscall.SYS_READLINKAT, atFDCWD, str(dir+"/soft"), bytes(buf), 256)
	must("mknodat", syscall.SYS_MKNODAT, atFDCWD, str(dir+"/fifo"), syscall.S_IFIFO|0o600, 0)
	must("renameat2", unix.SYS_RENAMEAT2, atFDCWD, name, atFDCWD, other, 0)
	mapped(other)
	if _, e := raw(syscall.SYS_MKDIRAT, atFDCWD, str(dir+"/sub"), 0o700); e != syscall.EEXIST {
		fatal("mkdirat of what is there", e)
	}
	if _, e := raw(syscall.SYS_FACCESSAT, atFDCWD, str(dir+"/none"), 0); e != syscall.ENOENT {
		fatal("faccessat of what is not there", e)
	}
	list(str(dir))
	for _, gone := range []string{"/sub/b", "/hard", "/soft", "/fifo"} {
		must("unlinkat", syscall.SYS_UNLINKAT, atFDCWD, str(dir+gone), 0)
	}
	must("rmdir", syscall.SYS_UNLINKAT, atFDCWD, str(dir+"/sub"), atRemoveDir)
}

const atRemoveDir = 0x200

// mapped opens a file, maps it, reads from a page of it, removes no name and
// copies it to a pipe.
func mapped(name uintptr) {
	fd := must("openat", syscall.SYS_OPENAT, atFDCWD, name, syscall.O_RDONLY)
	const protRead, mapPrivate = 1, 2
	at := must("mmap", syscall.SYS_MMAP, 0, 4096, protRead, mapPrivate, fd, 4096)
	keep = append(keep, []byte{*(*byte)(unsafe.Add(unsafe.Pointer(nil), at))})
	var p [2]int32
	must("pipe2", syscall.SYS_PIPE2, uintptr(unsafe.Pointer(&p[0])), 0)
	must("sendfile", syscall.SYS_SENDFILE, uintptr(p[1]), fd, 0, 1000)
	must("splice", syscall.SYS_SPLICE, fd, 0, uintptr(p[1]), 0, 500, 0)
	must("close", syscall.SYS_CLOSE, fd)
}

// list reads a directory.
func list(name uintptr) {
	fd := must("openat", syscall.SYS_OPENAT, atFDCWD, name, syscall.O_RDONLY|syscall.O_DIRECTORY)
	buf := make([]byte, 4096)
	must("getdents64", syscall.SYS_GETDENTS64, fd, bytes(buf), 4096)
	var st syscall.Stat_t
	must("fstat", syscall.SYS_FSTAT, fd, uintptr(unsafe.Pointer(&st)))
	must("close", syscall.SYS_CLOSE, fd)
}

// rewrite reads and writes the file arg many times, and then says on standard
// output what /proc/self/io counted of that.
func rewrite(arg string) {
	before := readAll("/proc/self/io")
	fd := must("openat", syscall.SYS_OPENAT, atFDCWD, str(arg), syscall.O_RDWR|syscall.O_CREAT, 0o600)
	buf := make([]byte, 3000)
	for i := range 200 {
		must("pwrite", syscall.SYS_PWRITE64, fd, bytes(buf), uintptr(10*i), 0)
		must("pread", syscall.SYS_PREAD64, fd, bytes(buf), uintptr(7*i), 0)
	}
	must("close", syscall.SYS_CLOSE, fd)
	after := readAll("/proc/self/io")
	raw(syscall.SYS_WRITE, 1, bytes([]byte(before+after)), uintptr(len(before+after)))
}

func readAll(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		fatal(err.Error(), 0)
	}
	return string(b)
}

// places writes to files whose paths are not what they seem: below a bind
// mount, without a name any more, deep down, and in a chroot.
func places(dir string) {
	ownMounts()
	for _, d := range []string{"/sub", "/sub/in", "/bound"} {
		must("mkdirat", syscall.SYS_MKDIRAT, atFDCWD, str(dir+d), 0o700)
	}
	must("mount", syscall.SYS_MOUNT, str(dir+"/sub"), str(dir+"/bound"), 0, syscall.MS_BIND, 0)
	put(dir + "/bound/in/file")
	must("unlinkat", syscall.SYS_UNLINKAT, atFDCWD, str(dir+"/bound/in/file"), 0)
	fd := create(dir + "/gone")
	must("unlinkat", syscall.SYS_UNLINKAT, atFDCWD, str(dir+"/gone"), 0)
	must("write", syscall.SYS_WRITE, fd, bytes([]byte("x")), 1)
	deep := dir
	for range 30 {
		deep += "/" + strings.Repeat("d", 100)
		must("mkdirat", syscall.SYS_MKDIRAT, atFDCWD, str(deep), 0o700)
	}
	put(deep + "/file")
	must("chroot", syscall.SYS_CHROOT, str(dir+"/sub"))
	must("chdir", syscall.SYS_CHDIR, str("/"))
	put("/rooted")
}

func create(name string) uintptr {
	return must("openat", syscall.SYS_OPENAT, atFDCWD, str(name), syscall.O_RDWR|syscall.O_CREAT, 0o600)
}

// put writes one byte to a new file.
func put(name string) {
	fd := create(name)
	must("write", syscall.SYS_WRITE, fd, bytes([]byte("x")), 1)
	must("close", syscall.SYS_CLOSE, fd)
}
