package main

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// interrupts are the signals that ask ebtrace to end.
var interrupts = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// catch makes interrupts arrive on a channel, and failed writes return errors
// where Go would end the program (SIGPIPE on descriptors 1 and 2). A signal
// that ebtrace was started to ignore, as nohup(1) does, stays ignored, in the
// command too.
func catch() <-chan os.Signal {
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	ch := make(chan os.Signal, 8)
	for _, s := range interrupts {
		if !signal.Ignored(s) {
			signal.Notify(ch, s)
		}
	}
	return ch
}

// pass gives the command a signal that came to ebtrace, unless the terminal
// has given it to both already.
func pass(sig syscall.Signal, child int) {
	if !terminalMade(sig, child) {
		_ = syscall.Kill(child, sig)
	}
}

// terminalMade says whether a signal seems to come from a key of the terminal,
// which sends it to every process of the foreground group: ebtrace is in that
// group, and the command too. Who sent a signal Go does not tell.
func terminalMade(sig syscall.Signal, child int) bool {
	if sig != syscall.SIGINT && sig != syscall.SIGQUIT {
		return false
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	defer tty.Close()
	front, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	if err != nil || front != unix.Getpgrp() {
		return false
	}
	group, err := unix.Getpgid(child)
	return err == nil && group == front
}
