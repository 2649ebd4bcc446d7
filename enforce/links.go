package enforce

import (
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// readlinkat reads a symbolic link. The call is raw: none of what it is used
// for waits, and the runtime would give the thread's place away in between.
func readlinkat(dir int, name string) (string, error) {
	var path, target [maxString]byte
	if len(name) >= len(path) {
		return "", unix.ENAMETOOLONG
	}
	copy(path[:], name)
	n, _, e := unix.RawSyscall6(unix.SYS_READLINKAT, uintptr(dir), uintptr(unsafe.Pointer(&path)),
		uintptr(unsafe.Pointer(&target)), uintptr(len(target)), 0, 0)
	if e != 0 {
		return "", e
	}
	return string(target[:n]), nil
}

// readlink reads a link of the file system.
func readlink(name string) (string, error) { return readlinkat(unix.AT_FDCWD, name) }

// link reads a link of /proc/TID, whose directory stays open.
func (t *task) link(name string) (string, error) {
	if t.proc.fd == 0 {
		fd, err := unix.Open("/proc/"+strconv.Itoa(t.tid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return "", err
		}
		t.proc.fd = fd
	}
	return readlinkat(t.proc.fd, name)
}
