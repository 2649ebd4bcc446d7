package enforce

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Names of the two processes, as the only argument of ebtrace.
const (
	ServeName  = "__enforce"
	LaunchName = "__launch"
)

// noPreempt keeps Go's scheduler from sending signals to threads: they would
// be seen, and interrupt waits.
const noPreempt = "GODEBUG=asyncpreemptoff=1"

// Client is the observer's end of an enforcer.
type Client struct {
	sock *os.File
	in   []byte // read, but not yet a whole message
}

// Start starts an enforcer for a launching process, or for what runs, and waits
// until it traces it.
func Start(cfg *Config) (*Client, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "enforcer"), os.NewFile(uintptr(pair[1]), "observer")
	defer theirs.Close()
	// best effort: room for the verdicts of some milliseconds
	_ = unix.SetsockoptInt(pair[1], unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, sendBuffer)
	cmd := exec.Command("/proc/self/exe", ServeName)
	cmd.Args[0] = "ebtrace"
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), noPreempt)
	cmd.ExtraFiles = []*os.File{theirs}
	// a group of its own: signals of the terminal are not for it
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		ours.Close()
		return nil, err
	}
	go cmd.Wait()
	c := &Client{sock: ours}
	if err := c.configure(cfg); err != nil {
		ours.Close()
		return nil, err
	}
	return c, nil
}

func (c *Client) configure(cfg *Config) error {
	if err := writeJSON(c.sock, cfg); err != nil {
		return fmt.Errorf("the enforcer does not listen: %w", err)
	}
	var r ready
	if err := readJSON(c.sock, &r); err != nil {
		return fmt.Errorf("the enforcer does not answer: %w", err)
	}
	if r.Err != "" {
		return errors.New(r.Err)
	}
	return nil
}

// Wait returns when there is something to drain, or nothing will be any more.
func (c *Client) Wait() {
	fds := []unix.PollFd{{Fd: int32(c.sock.Fd()), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(fds, -1); !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// Drain calls f with each verdict that has come, without waiting. A verdict is
// there before its call goes on. It returns false when nothing is left to
// trace. It is not safe for concurrent use.
func (c *Client) Drain(f func(*Verdict)) (more bool) {
	for {
		c.in = slices.Grow(c.in, drainStep)
		n, _, err := unix.Recvfrom(int(c.sock.Fd()), c.in[len(c.in):cap(c.in)], unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return true
		case err != nil || n == 0:
			return false
		}
		c.in = c.in[:len(c.in)+n]
		if !c.messages(f) {
			return false
		}
	}
}

// sendBuffer is what verdicts may wait in, in bytes.
const sendBuffer = 8 << 20

// drainStep is how many bytes are read at once.
const drainStep = 64 << 10

// messages takes the whole messages out of c.in.
func (c *Client) messages(f func(*Verdict)) bool {
	b := c.in
	for len(b) >= 4 {
		n := int(binary.LittleEndian.Uint32(b))
		if n < 4 || n > maxMessage {
			return false
		}
		if n > len(b) {
			break
		}
		v := new(Verdict)
		if v.parse(slices.Clone(b[4:n])) != nil {
			return false
		}
		f(v)
		b = b[n:]
	}
	c.in = c.in[:copy(c.in, b)]
	return true
}

// Reply answers the question q. Without an answer (Silent) the default of the
// rule counts at once. It may be called from any goroutine.
func (c *Client) Reply(q *Verdict, a Answer) error {
	return writeJSON(c.sock, reply{TID: q.TID, Begin: q.Begin, Answer: a})
}

// Release gives an attached tree back: its threads go on without a tracer, as
// they were. Drain then tells the rest and returns false.
func (c *Client) Release() error {
	return writeJSON(c.sock, reply{Release: true})
}

// Close stops listening; the enforcer goes on.
func (c *Client) Close() error { return c.sock.Close() }

// Waiting is a launching process that waits to be told to go on.
type Waiting struct {
	PID       int
	in, reply *os.File
}

// Prepare starts a launching process, in ebtrace's own process group and with
// its terminal and standard files.
func Prepare(p *Program) (*Waiting, error) {
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer inR.Close()
	replyR, replyW, err := os.Pipe()
	if err != nil {
		inW.Close()
		return nil, err
	}
	defer replyW.Close()
	w := &Waiting{in: inW, reply: replyR}
	w.PID, err = syscall.ForkExec("/proc/self/exe", []string{"ebtrace", LaunchName}, &syscall.ProcAttr{
		Files: []uintptr{0, 1, 2, inR.Fd(), replyW.Fd()}, Env: []string{noPreempt},
	})
	if err == nil {
		err = writeJSON(inW, p)
	}
	if err != nil {
		w.Abandon()
		return nil, err
	}
	return w, nil
}

// Go lets the process become the command, and returns once it has or why not.
// A failed execve is a syscall.Errno.
func (w *Waiting) Go() error {
	defer w.reply.Close()
	_, err := w.in.Write([]byte{1})
	w.in.Close()
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(w.reply, 16))
	if err != nil {
		return err
	}
	if len(b) > 0 {
		return launchError(b)
	}
	return nil
}

// Abandon ends a process that was not told to go on.
func (w *Waiting) Abandon() {
	w.in.Close()
	w.reply.Close()
	if w.PID > 0 {
		_ = syscall.Kill(w.PID, syscall.SIGKILL)
		_, _ = syscall.Wait4(w.PID, nil, 0, nil)
	}
}
