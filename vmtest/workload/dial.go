package workload

import (
	"strconv"
	"syscall"
	"unsafe"
)

// dial connects to the port arg of this host and waits for the other end to
// close.
func dial(port string) {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		fatal(err.Error(), 0)
	}
	fd := must("socket", syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	at := syscall.RawSockaddrInet4{Family: syscall.AF_INET, Port: uint16(n<<8 | n>>8), Addr: [4]byte{127, 0, 0, 1}}
	must("connect", syscall.SYS_CONNECT, fd, uintptr(unsafe.Pointer(&at)), 16)
	buf := make([]byte, 8)
	must("read", syscall.SYS_READ, fd, bytes(buf), 8)
}
