package workload

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// locks makes the operations of the virtual file system that the workload
// "vfs" does not: locks, attributes read, files made and not found, and a file
// system taken off.
func locks(dir string) {
	name := str(dir + "/l")
	fd := must("openat", syscall.SYS_OPENAT, atFDCWD, name, syscall.O_RDWR|syscall.O_CREAT, 0o600)
	must("flock", syscall.SYS_FLOCK, fd, syscall.LOCK_EX)
	must("flock", syscall.SYS_FLOCK, fd, syscall.LOCK_UN)
	l := syscall.Flock_t{Type: syscall.F_WRLCK, Start: 10, Len: 20}
	must("fcntl", syscall.SYS_FCNTL, fd, syscall.F_SETLK, uintptr(unsafe.Pointer(&l)))
	must("fcntl", syscall.SYS_FCNTL, fd, unix.F_GETLK, uintptr(unsafe.Pointer(&l)))
	l = syscall.Flock_t{Type: syscall.F_RDLCK, Start: 1}
	if _, e := raw(syscall.SYS_FCNTL, fd, unix.F_OFD_SETLK, uintptr(unsafe.Pointer(&l))); e != syscall.EAGAIN {
		fatal("fcntl of what is locked", e)
	}
	must("fcntl", syscall.SYS_FCNTL, fd, unix.F_SETLEASE, syscall.F_WRLCK)
	must("fcntl", syscall.SYS_FCNTL, fd, unix.F_SETLEASE, syscall.F_UNLCK)
	attribute, value := str("trusted.y"), []byte("value")
	must("setxattr", syscall.SYS_SETXATTR, name, attribute, bytes(value), 5, 0)
	buf := make([]byte, 64)
	must("getxattr", syscall.SYS_GETXATTR, name, attribute, bytes(buf), 64)
	must("fgetxattr", syscall.SYS_FGETXATTR, fd, attribute, bytes(buf), 60)
	must("listxattr", syscall.SYS_LISTXATTR, name, bytes(buf), 64)
	must("mknodat", syscall.SYS_MKNODAT, atFDCWD, str(dir+"/plain"), syscall.S_IFREG|0o640, 0)
	if _, e := raw(syscall.SYS_OPENAT, atFDCWD, str(dir+"/none"), syscall.O_WRONLY); e != syscall.ENOENT {
		fatal("openat of what is not there", e)
	}
	if _, e := raw(syscall.SYS_OPENAT, atFDCWD, name, syscall.O_RDONLY|syscall.O_DIRECTORY); e != syscall.ENOTDIR {
		fatal("openat of a file as a directory", e)
	}
	must("close", syscall.SYS_CLOSE, fd)
	must("unlinkat", syscall.SYS_UNLINKAT, atFDCWD, name, 0)
	must("unlinkat", syscall.SYS_UNLINKAT, atFDCWD, str(dir+"/plain"), 0)
	ownMounts()
	mounted := str(dir + "/m")
	must("mkdirat", syscall.SYS_MKDIRAT, atFDCWD, mounted, 0o700)
	must("mount", syscall.SYS_MOUNT, str("none"), mounted, str("tmpfs"), 0, 0)
	must("umount2", syscall.SYS_UMOUNT2, mounted, 0)
	if _, e := raw(syscall.SYS_UMOUNT2, mounted, unix.MNT_DETACH); e != syscall.EINVAL {
		fatal("umount2 of what is not mounted", e)
	}
	must("rmdir", syscall.SYS_UNLINKAT, atFDCWD, mounted, atRemoveDir)
}

// ownMounts takes the process to a mount namespace of its own.
func ownMounts() {
	must("unshare", syscall.SYS_UNSHARE, syscall.CLONE_NEWNS)
	must("mount", syscall.SYS_MOUNT, str("none"), str("/"), 0, syscall.MS_REC|syscall.MS_PRIVATE, 0)
}

// overlay reads and writes files of an overlay of two directories, all in arg.
func overlay(dir string) {
	ownMounts()
	must("mount", syscall.SYS_MOUNT, str("none"), str(dir), str("tmpfs"), 0, 0)
	for _, d := range []string{"/lower", "/upper", "/work", "/merged"} {
		must("mkdirat", syscall.SYS_MKDIRAT, atFDCWD, str(dir+d), 0o700)
	}
	put(dir + "/lower/low")
	put(dir + "/upper/up")
	options := str("lowerdir=" + dir + "/lower,upperdir=" + dir + "/upper,workdir=" + dir + "/work")
	if _, e := raw(syscall.SYS_MOUNT, str("overlay"), str(dir+"/merged"), str("overlay"), 0, options); e != 0 {
		exit(Unavailable)
	}
	buf := make([]byte, 64)
	for _, name := range []string{"/merged/low", "/merged/up"} {
		fd := must("openat", syscall.SYS_OPENAT, atFDCWD, str(dir+name), syscall.O_RDONLY)
		must("read", syscall.SYS_READ, fd, bytes(buf), 64)
		must("close", syscall.SYS_CLOSE, fd)
	}
	fd := must("openat", syscall.SYS_OPENAT, atFDCWD, str(dir+"/merged/low"), syscall.O_WRONLY|syscall.O_APPEND)
	must("write", syscall.SYS_WRITE, fd, bytes([]byte("123")), 3)
	must("close", syscall.SYS_CLOSE, fd)
	must("renameat2", unix.SYS_RENAMEAT2, atFDCWD, str(dir+"/merged/up"), atFDCWD, str(dir+"/merged/there"), 0)
}

// Unavailable is what a workload exits with that the kernel has no means for.
const Unavailable = 8

// deepest makes a file whose path has 4095 bytes, the most that there can be,
// of names of one letter, and one in directories of long names.
func deepest(dir string) {
	ownMounts()
	must("mount", syscall.SYS_MOUNT, str("none"), str(dir), str("tmpfs"), 0, 0)
	for _, name := range []string{"d", strings.Repeat("n", 250)} {
		at := must("openat", syscall.SYS_OPENAT, atFDCWD, str(dir), unix.O_PATH)
		length := len(dir)
		for 4095-length-1 > 255 {
			must("mkdirat", syscall.SYS_MKDIRAT, at, str(name), 0o700)
			below := must("openat", syscall.SYS_OPENAT, at, str(name), unix.O_PATH)
			must("close", syscall.SYS_CLOSE, at)
			at, length = below, length+1+len(name)
		}
		last := str(strings.Repeat("f", 4095-length-1))
		fd := must("openat", syscall.SYS_OPENAT, at, last, syscall.O_WRONLY|syscall.O_CREAT, 0o600)
		must("write", syscall.SYS_WRITE, fd, bytes([]byte("x")), 1)
		must("close", syscall.SYS_CLOSE, fd)
	}
}

// direct writes and reads a block of the file arg past the page cache.
func direct(name string) {
	fd, e := raw(syscall.SYS_OPENAT, atFDCWD, str(name), syscall.O_RDWR|syscall.O_CREAT|syscall.O_DIRECT, 0o600)
	if e != 0 {
		exit(Unavailable)
	}
	block, err := syscall.Mmap(-1, 0, 8192, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		fatal("mmap", err.(syscall.Errno))
	}
	must("pwrite", syscall.SYS_PWRITE64, fd, bytes(block), 8192, 0)
	must("pread", syscall.SYS_PREAD64, fd, bytes(block), 4096, 4096)
	must("close", syscall.SYS_CLOSE, fd)
}

// heldFiles opens the file arg and removes another, says "ready", waits for a byte
// on standard input, and then writes to what it holds.
func heldFiles(name string) {
	fd := create(name)
	gone := create(name + ".gone")
	must("unlinkat", syscall.SYS_UNLINKAT, atFDCWD, str(name+".gone"), 0)
	raw(syscall.SYS_WRITE, 1, bytes([]byte("ready\n")), 6)
	if n, err := os.Stdin.Read(make([]byte, 1)); n != 1 {
		fatal("read: "+err.Error(), 0)
	}
	must("write", syscall.SYS_WRITE, fd, bytes([]byte("0123")), 4)
	must("write", syscall.SYS_WRITE, gone, bytes([]byte("012")), 3)
}

// Moves is how many directories the workload "moved" makes one after the other.
const Moves = 40

// moved writes to one file under changing names, and to many files that each
// have the place of the one before.
func moved(dir string) {
	must("mkdirat", syscall.SYS_MKDIRAT, atFDCWD, str(dir+"/x"), 0o700)
	fd := create(dir + "/x/f")
	write := func() { must("write", syscall.SYS_WRITE, fd, bytes([]byte("x")), 1) }
	rename := func(from, to string) {
		must("renameat2", unix.SYS_RENAMEAT2, atFDCWD, str(dir+from), atFDCWD, str(dir+to), 0)
	}
	write()
	write()
	rename("/x", "/y")
	write()
	rename("/y/f", "/y/g")
	write()
	must("fchmod", syscall.SYS_FCHMOD, fd, 0o640)
	write()
	must("unlinkat", syscall.SYS_UNLINKAT, atFDCWD, str(dir+"/y/g"), 0)
	write()
	must("close", syscall.SYS_CLOSE, fd)
	must("rmdir", syscall.SYS_UNLINKAT, atFDCWD, str(dir+"/y"), atRemoveDir)
	for i := range Moves {
		d := dir + "/" + strconv.Itoa(100+i)
		must("mkdirat", syscall.SYS_MKDIRAT, atFDCWD, str(d), 0o700)
		put(d + "/f")
		must("unlinkat", syscall.SYS_UNLINKAT, atFDCWD, str(d+"/f"), 0)
		must("rmdir", syscall.SYS_UNLINKAT, atFDCWD, str(d), atRemoveDir)
	}
}
