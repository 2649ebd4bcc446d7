package loader

import (
	"errors"

	"golang.org/x/sys/unix"
)

// unlocked calls f, and where the kernel refuses, once more with the limit of
// locked memory lifted: before Linux 5.11 the memory of BPF counted against
// it, and 64 KiB do not hold a ring. The limit is put back, for the traced
// command inherits it. f must be fit to be called again.
func unlocked(f func() error) error {
	err := f()
	if !errors.Is(err, unix.EPERM) {
		return err
	}
	var was unix.Rlimit
	none := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &none, &was) != nil {
		return err // the first refusal says more
	}
	defer func() { _ = unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &was, nil) }()
	return f()
}
