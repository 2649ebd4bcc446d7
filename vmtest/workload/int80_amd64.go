package workload

import (
	"syscall"
	"unsafe"
)

// call32 makes a call as a 32-bit program does: int 0x80, i386 numbers.
//
//go:noescape
func call32(nr, a, b, c uintptr) uintptr

// Numbers of i386, asm/unistd_32.h.
const (
	nr32Open   = 5
	nr32Getpid = 20
)

// int80 makes 32-bit calls from 64-bit code; its string is below 4 GiB.
func int80(dir string) {
	const map32 = 0x40 // MAP_32BIT
	at := must("mmap", syscall.SYS_MMAP, 0, 4096, 3, syscall.MAP_PRIVATE|syscall.MAP_ANONYMOUS|map32, ^uintptr(0), 0)
	copy(unsafe.Slice((*byte)(pointer(at)), 4096), dir+"/in32\x00")
	call32(nr32Getpid, 0, 0, 0)
	if got := int32(call32(nr32Open, at, syscall.O_RDONLY, 0)); got != -int32(syscall.ENOENT) {
		fatal("int 0x80 open", syscall.Errno(-got))
	}
}

// pointer is the address as a pointer: memory that Go does not manage.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }
