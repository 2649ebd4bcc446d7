package testenv

import "golang.org/x/sys/unix"

// What go test was started with beside its standard files is not passed on to
// the programs under test: the numbers of their descriptors would depend on it.
var _ = unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC)
