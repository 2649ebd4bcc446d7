package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// sink is where a trace goes: standard error, a file, or a shell command.
type sink struct {
	to   outputTo
	f    *os.File  // nil with a file per thread
	pipe *exec.Cmd // reads f, nil if there is none
	seen map[uint32]bool
}

// writeError is a failure to write the trace, with the name of its place.
type writeError struct {
	name string
	err  error
}

func (e *writeError) Error() string {
	return fmt.Sprintf("Can't write to %s: %v", e.name, plain(e.err))
}
func (e *writeError) Unwrap() error { return e.err }

// openSink opens the place of the trace. A file per thread is opened when the
// thread is first seen, but whether one can be made there is tried here.
func openSink(to outputTo) (*sink, error) {
	s := &sink{to: to, seen: map[uint32]bool{}}
	if to.file == "" {
		s.f = os.Stderr
		return s, nil
	}
	if cmd, ok := to.piped(); ok {
		return s, s.openPipe(cmd)
	}
	if to.separately {
		return s, canMake(filepath.Dir(to.file))
	}
	var err error
	s.f, err = openOutput(to.file, to.append)
	return s, err
}

// openPipe starts a shell command that reads the trace.
func (s *sink) openPipe(cmd string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return failf("Can't make a pipe: %w", plain(err))
	}
	defer r.Close()
	s.pipe = exec.Command("/bin/sh", "-c", cmd)
	s.pipe.Stdin, s.pipe.Stdout, s.pipe.Stderr = r, os.Stdout, os.Stderr
	if err := s.pipe.Start(); err != nil {
		w.Close()
		return failf("Can't run '%s': %w", cmd, plain(err))
	}
	s.f = w
	return nil
}

// canMake says why no file can be made in a directory.
func canMake(dir string) error {
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return failf("Can't make files in '%s': %w", dir, plain(err))
	}
	return nil
}

// Write writes a part of the trace.
func (s *sink) Write(b []byte) (int, error) {
	n, err := s.f.Write(b)
	if err != nil {
		return n, &writeError{s.name(), err}
	}
	return n, nil
}

func (s *sink) name() string {
	switch {
	case s.pipe != nil:
		return "the pipe to '" + s.to.file[1:] + "'"
	case s.to.file == "":
		return "standard error"
	}
	return "'" + s.to.file + "'"
}

// thread opens the file of one thread. An id that comes back, of a new thread
// or of one that was thought gone, is appended to.
func (s *sink) thread(tid uint32) (io.Writer, error) {
	name := s.to.file + "." + strconv.FormatUint(uint64(tid), 10)
	f, err := openOutput(name, s.to.append || s.seen[tid])
	if err != nil {
		return nil, err
	}
	s.seen[tid] = true
	return &sink{to: outputTo{file: name}, f: f}, nil
}

// Close closes the place and waits for the command that reads it. What could
// not be written until now is an error here.
func (s *sink) Close() error {
	if s.f == nil || s.to.file == "" {
		return nil
	}
	err := s.f.Close()
	if s.pipe != nil {
		_ = s.pipe.Wait() // its status is its own affair
	}
	if err != nil {
		return &writeError{s.name(), err}
	}
	return nil
}

// outputMode is the mode of new output files: a trace holds what its programs
// read and write.
const outputMode = 0o600

// openOutput opens a file for the trace. A regular file that is there is
// emptied or appended to if it is ebtrace's user's own; links are not
// followed, so that nobody who can write to the directory can choose what is
// overwritten.
func openOutput(name string, appending bool) (*os.File, error) {
	if f, err, ok := descriptor(name); ok {
		return f, err
	}
	flags := os.O_WRONLY | os.O_CREATE | unix.O_NOFOLLOW | unix.O_NOCTTY
	if appending {
		flags |= os.O_APPEND
	}
	f, err := os.OpenFile(name, flags, outputMode)
	if errors.Is(err, unix.ELOOP) {
		return nil, failf("Can't open '%s': it is a symbolic link; name the file itself", name)
	}
	if err != nil {
		return nil, failf("Can't open '%s': %w", name, plain(err))
	}
	if err := claim(f, appending); err != nil {
		f.Close()
		return nil, failf("Can't open '%s': %w", name, err)
	}
	return f, nil
}

// claim empties f, or refuses to: a regular file must belong to the user who
// runs ebtrace and have no second name.
func claim(f *os.File, appending bool) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return plain(err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil
	}
	switch uid := os.Geteuid(); {
	case int(st.Uid) != uid:
		return fmt.Errorf("it belongs to user %d, not to user %d: remove it first", st.Uid, uid)
	case st.Nlink > 1:
		return errors.New("it has other names (hard links): remove it first")
	}
	if appending {
		return nil
	}
	return f.Truncate(0)
}

// descriptor takes the names of open descriptors, /dev/stdout among them,
// which are links and yet what the user means.
func descriptor(name string) (f *os.File, err error, ok bool) {
	num := ""
	switch name {
	case "/dev/stdout":
		num = "1"
	case "/dev/stderr":
		num = "2"
	default:
		for _, dir := range []string{"/dev/fd/", "/proc/self/fd/"} {
			if rest, found := strings.CutPrefix(name, dir); found {
				num = rest
			}
		}
	}
	fd, err := strconv.ParseUint(num, 10, 31)
	if num == "" || err != nil {
		return nil, nil, false
	}
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, failf("Can't open '%s': %w", name, plain(err)), true
	}
	return os.NewFile(uintptr(dup), name), nil, true
}

// brokenPipe says whether an error is that of a reader that has gone away.
func brokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
