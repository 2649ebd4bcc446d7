package enforce

import (
	"bytes"
	"strconv"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// memory reads and writes the memory of stopped tasks through /proc/TID/mem,
// which does not wait for a userfaultfd as process_vm_readv(2) does. A read
// that stalls all the same, as of a file system whose server is in the traced
// tree, is ended by killing the process.
type memory struct {
	reading atomic.Int64 // the process being read since `since`; 0: none
	since   atomic.Int64 // ns of Go's monotonic clock
}

// stallLimit is how long one read of a target's memory may take.
const stallLimit = time.Second

var processStart = time.Now()

// watch kills the process whose memory does not answer. It never returns.
func (m *memory) watch() {
	for range time.Tick(stallLimit / 4) {
		pid := m.reading.Load()
		if pid != 0 && time.Since(processStart)-time.Duration(m.since.Load()) > stallLimit && m.reading.Load() == pid {
			_ = unix.Kill(int(pid), unix.SIGKILL)
		}
	}
}

// handle is the open memory of a task; it must be closed at its execve.
type handle struct{ fd int }

func openMemory(tid int) handle {
	fd, err := unix.Open("/proc/"+strconv.Itoa(tid)+"/mem", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		fd = -1
	}
	return handle{fd}
}

func (h *handle) close() {
	if h.fd > 0 {
		unix.Close(h.fd)
	}
	h.fd = 0
}

// pageSize of the reads: the smallest page of any architecture.
const pageSize = 4096

// read reads up to len(b) bytes at addr and returns how many there are.
func (m *memory) read(t *task, addr uint64, b []byte) int {
	if t.mem.fd == 0 {
		t.mem = openMemory(t.tid)
	}
	m.since.Store(int64(time.Since(processStart)))
	m.reading.Store(int64(t.pid))
	defer m.reading.Store(0)
	n := 0
	for n < len(b) {
		step := min(len(b)-n, pageSize-int((addr+uint64(n))%pageSize))
		// raw, as all that is done for each stop; watch ends what stalls
		got, _, e := unix.RawSyscall6(unix.SYS_PREAD64, uintptr(t.mem.fd), uintptr(unsafe.Pointer(&b[n])), uintptr(step), uintptr(addr)+uintptr(n), 0, 0)
		if e != 0 || got == 0 {
			break
		}
		n += int(got)
	}
	return n
}

// str reads a string of at most limit bytes. whole says that its NUL was
// found; else it is longer, or memory ended.
func (m *memory) str(t *task, addr uint64, limit int) (s []byte, whole bool) {
	buf := make([]byte, 0, 256)
	for len(buf) < limit {
		at := addr + uint64(len(buf))
		step := min(256, limit-len(buf), pageSize-int(at%pageSize))
		chunk := make([]byte, step)
		n := m.read(t, at, chunk)
		if i := bytes.IndexByte(chunk[:n], 0); i >= 0 {
			return append(buf, chunk[:i]...), true
		}
		buf = append(buf, chunk[:n]...)
		if n < step {
			break
		}
	}
	return buf, false
}

// write overwrites memory at addr; it also writes what is read-only to the task.
func (m *memory) write(t *task, addr uint64, b []byte) error {
	if t.mem.fd == 0 {
		t.mem = openMemory(t.tid)
	}
	n, err := unix.Pwrite(t.mem.fd, b, int64(addr))
	if err == nil && n != len(b) {
		err = unix.EFAULT
	}
	return err
}
