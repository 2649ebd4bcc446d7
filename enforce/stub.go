package enforce

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Program is what a launching process runs when it is told to go on.
type Program struct {
	Path   string
	Argv   []string
	Env    []string
	Filter []unix.SockFilter
	User   *User // nil: stay
}

// User is an identity to take on.
type User struct {
	UID, GID uint32
	Groups   []uint32
}

// Descriptors of a launching process.
const (
	stubConfig = 3 // the Program, then one byte when it is to go on
	stubReply  = 4 // closed by a successful execve; else stage and error number
)

// Stages of a launching process, in what it says of a failure.
const (
	stageFilter = iota + 1
	stageUser
	stageExec
	stageConfig
)

var stageNames = map[byte]string{
	stageFilter: "install the seccomp filter", stageUser: "change the user", stageExec: "execve", stageConfig: "read what to run",
}

// Launch is the body of a launching process: a child of the observer that
// waits until it is traced, installs the filter, which it and its children
// can never lose, and becomes the command. It returns only on failure. The
// caller must have locked the main goroutine to the main thread.
func Launch() int {
	in := os.NewFile(stubConfig, "config")
	var p Program
	unix.CloseOnExec(stubConfig)
	unix.CloseOnExec(stubReply)
	if err := readJSON(in, &p); err != nil || len(p.Filter) == 0 || len(p.Argv) == 0 {
		return stubFail(stageConfig, unix.EINVAL)
	}
	var one [1]byte
	if _, err := io.ReadFull(in, one[:]); err != nil {
		return stubFail(stageConfig, unix.EPIPE)
	}
	prog := unix.SockFprog{Len: uint16(len(p.Filter)), Filter: &p.Filter[0]}
	stage, e := become(&p, &prog)
	runtime.KeepAlive(p)
	return stubFail(stage, e)
}

// become replaces the process. Once the filter is there, calls of this thread
// stop too; the enforcer lets them through until the execve.
func become(p *Program, prog *unix.SockFprog) (stage byte, e unix.Errno) {
	if os.Geteuid() != 0 { // without CAP_SYS_ADMIN the kernel wants it: set-user-id programs lose their rights
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return stageFilter, unix.EPERM
		}
	}
	const setModeFilter = 1 // SECCOMP_SET_MODE_FILTER
	if _, _, e := unix.RawSyscall(unix.SYS_SECCOMP, setModeFilter, 0, uintptr(unsafe.Pointer(prog))); e != 0 {
		return stageFilter, e
	}
	if u := p.User; u != nil {
		if e := u.take(); e != 0 {
			return stageUser, e
		}
	}
	// syscall.Exec gives back the limit of open files that Go's runtime has raised
	if err := syscall.Exec(p.Path, p.Argv, p.Env); !errors.As(err, &e) {
		e = unix.EINVAL
	}
	return stageExec, e
}

// take changes the identity of the calling thread, which is about to execve.
func (u *User) take() unix.Errno {
	var groups unsafe.Pointer
	if len(u.Groups) > 0 {
		groups = unsafe.Pointer(&u.Groups[0])
	}
	if _, _, e := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(u.Groups)), uintptr(groups), 0); e != 0 {
		return e
	}
	gid, uid := uintptr(u.GID), uintptr(u.UID)
	if _, _, e := unix.RawSyscall(unix.SYS_SETRESGID, gid, gid, gid); e != 0 {
		return e
	}
	_, _, e := unix.RawSyscall(unix.SYS_SETRESUID, uid, uid, uid)
	return e
}

func stubFail(stage byte, e unix.Errno) int {
	b := binary.LittleEndian.AppendUint32([]byte{stage}, uint32(e))
	_, _, _ = unix.RawSyscall(unix.SYS_WRITE, stubReply, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return 127
}

// launchError is the failure that a launching process told of.
func launchError(b []byte) error {
	if len(b) < 5 {
		return errMessage
	}
	e := unix.Errno(binary.LittleEndian.Uint32(b[1:]))
	if b[0] == stageExec {
		return e
	}
	return fmt.Errorf("%s: %w", stageNames[b[0]], e)
}
