package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/enforce"
)

// askTerminal asks on a terminal, in one line.
type askTerminal struct {
	f    *os.File
	rdev uint64
}

// openTerminal opens a terminal to ask on. It becomes nobody's controlling one.
func openTerminal(path string) (*askTerminal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, failf("Can't ask on a terminal: %w: say with --ask who answers", err)
	}
	t := &askTerminal{f: f}
	// /dev/tty has a number of its own; the terminal behind it is that of this session
	if _, _, tty := sessionOf(os.Getpid()); path == "/dev/tty" {
		t.rdev = tty
	} else {
		var st unix.Stat_t
		if err := unix.Fstat(int(f.Fd()), &st); err != nil {
			return nil, err
		}
		t.rdev = st.Rdev
		if f, err = os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0); err != nil { // Fd makes it block
			return nil, err
		}
		t.f.Close()
		t.f = f
	}
	if t.rdev == 0 {
		return nil, failf("Can't ask: ebtrace has no terminal: say with --ask who answers")
	}
	return t, nil
}

// sessionOf reads the session of a process and the device of its terminal.
func sessionOf(pid int) (ok bool, session int, tty uint64) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false, 0, 0
	}
	i := strings.LastIndexByte(string(b), ')') // the name may hold anything
	fields := strings.Fields(string(b)[i+1:])
	if len(fields) < 5 { // state ppid pgrp session tty_nr
		return false, 0, 0
	}
	session, _ = strconv.Atoi(fields[3])
	nr, _ := strconv.ParseUint(fields[4], 10, 32)
	return true, session, nr // below 20 bits new_encode_dev is what stat gives too
}

// answer implements answerer. A program whose terminal it is could type the
// answer: it is not asked about then.
func (t *askTerminal) answer(ctx context.Context, q *asked) enforce.Answer {
	if ok, _, tty := sessionOf(int(q.tid)); !ok || tty == t.rdev {
		say("rule '%s': not asked: the program has the terminal that would be asked on", q.rule)
		return enforce.Silent
	}
	_ = t.f.SetReadDeadline(time.Time{})
	stop := context.AfterFunc(ctx, func() { _ = t.f.SetReadDeadline(time.Now()) })
	defer stop()
	if raw, err := t.f.SyscallConn(); err == nil { // what was typed before was no answer
		_ = raw.Control(func(fd uintptr) { _ = unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH) })
	}
	fmt.Fprintf(t.f, "ebtrace: rule %s: %d: %s: allow? [y/N] ", q.rule, q.tid, oneLine(q.text))
	line, err := bufio.NewReaderSize(t.f, 256).ReadString('\n')
	if errors.Is(err, os.ErrDeadlineExceeded) || err != nil {
		fmt.Fprint(t.f, "\nebtrace: too late\n")
		return enforce.Silent
	}
	return answerWord(line)
}

// answerWord reads an answer: only a plain yes is one.
func answerWord(line string) enforce.Answer {
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "allow":
		return enforce.Yes
	}
	return enforce.No
}

// askSocket connects to a Unix socket for each question, writes the call as a
// line of JSON and reads a line: allow or deny.
type askSocket struct{ path string }

func (s *askSocket) answer(ctx context.Context, q *asked) enforce.Answer {
	c, err := new(net.Dialer).DialContext(ctx, "unix", s.path)
	if err != nil {
		if ctx.Err() == nil {
			say("rule '%s': can't ask: %v", q.rule, err)
		}
		return enforce.Silent
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Now()) })
	defer stop()
	if _, err := c.Write(append(q.json, '\n')); err != nil {
		return enforce.Silent
	}
	line, err := bufio.NewReaderSize(c, 256).ReadString('\n')
	if err != nil && line == "" {
		return enforce.Silent
	}
	return answerWord(line)
}

// askProgram runs a program for each question, with the call as a line of JSON
// on its standard input. Status 0 allows, 1 denies; any other is no answer.
type askProgram struct{ path string }

func (p *askProgram) answer(ctx context.Context, q *asked) enforce.Answer {
	cmd := exec.CommandContext(ctx, p.path)
	cmd.Stdin = strings.NewReader(string(q.json) + "\n")
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return enforce.Yes
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return enforce.No
	case ctx.Err() == nil:
		say("rule '%s': %s: %v", q.rule, p.path, err)
	}
	return enforce.Silent
}
