//go:build !amd64

package workload

import "syscall"

func int80(string) { fatal("int 0x80", syscall.ENOSYS) }
