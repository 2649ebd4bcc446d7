package enforce

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// Values of AUDIT_ARCH_* (linux/audit.h): of the native ABI and of 32-bit programs.
const (
	auditNative = unix.AUDIT_ARCH_AARCH64
	auditCompat = unix.AUDIT_ARCH_ARM
)

// nativeABI is the ABI of this architecture's own programs.
const nativeABI = table.ARM64

var errSupported = errors.New("stopping and changing calls is not available on arm64 yet")

// Supported says why this build cannot enforce.
func Supported() error { return errSupported }

func abiOf(arch uint32, _ uint64) table.ABI {
	if arch == auditNative {
		return table.ARM64
	}
	return table.Unknown
}

func skipCall(int, int64) error                { return errSupported }
func setCall(int, int32) error                 { return errSupported }
func setResult(int, int64) error               { return errSupported }
func setArg(int, table.ABI, int, uint64) error { return errSupported }
