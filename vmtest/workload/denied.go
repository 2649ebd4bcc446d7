package workload

import (
	"fmt"
	"syscall"
	"unsafe"
)

// denied makes calls that rules are about, and says what it got.
func denied(string) {
	tell := func(name string, ret uintptr, e syscall.Errno) {
		if e != 0 {
			fmt.Println(name, e)
		} else {
			fmt.Println(name, ret)
		}
	}
	at := ^uintptr(99) // AT_FDCWD
	status, maps, nowhere := []byte("/proc/self/status\x00"), []byte("/proc/self/maps\x00"), []byte("nowhere\x00")
	ret, e := raw(syscall.SYS_OPENAT, at, uintptr(unsafe.Pointer(&status[0])), 0)
	tell("openat", ret, e)
	ret, e = raw(syscall.SYS_LINKAT, at, uintptr(unsafe.Pointer(&nowhere[0])), at, uintptr(unsafe.Pointer(&nowhere[0])), 0)
	tell("linkat", ret, e)
	ret, e = raw(syscall.SYS_GETPPID)
	tell("getppid", ret, e)
	fd, e := raw(syscall.SYS_OPENAT, at, uintptr(unsafe.Pointer(&maps[0])), 0)
	ret, _ = raw(syscall.SYS_CLOSE, fd)
	tell("free", ret, e)
}
