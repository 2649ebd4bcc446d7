// Command broken is a test binary of a guest that goes wrong, for the test of
// the driver.
package main

import (
	"fmt"
	"os"
	"syscall"
)

func main() {
	fmt.Println("=== RUN   TestBroken")
	switch os.Args[1] {
	case "panic": // the kernel's, by Documentation/admin-guide/sysrq.rst
		_ = os.WriteFile("/proc/sysrq-trigger", []byte("c"), 0)
	case "off": // the guest ends well, but too early
		_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
	case "die":
		panic("as it was told")
	}
}
