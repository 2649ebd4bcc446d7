package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// command is a program to run, ready to be started.
type command struct {
	path string
	argv []string
	env  []string
	cred *syscall.Credential
}

// prepare looks the command up and settles its environment and user, so that
// everything that can fail before the start fails here.
func prepare(o *options) (*command, error) {
	path, err := lookUp(o.command[0])
	if err != nil {
		return nil, err
	}
	c := &command{path: path, argv: slices.Clone(o.command), env: environ(os.Environ(), o.env)}
	if o.argv0 != "" {
		c.argv[0] = o.argv0
	}
	if o.user != "" {
		if c.cred, err = credential(o.user); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// start makes the child and returns once its execve has succeeded or failed.
// It must be called on the thread whose next child is to be traced. The child
// keeps ebtrace's standard files, terminal, process group and signal mask.
func (c *command) start() (pid int, err error) {
	pid, err = syscall.ForkExec(c.path, c.argv, &syscall.ProcAttr{
		Env:   c.env,
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Credential: c.cred},
	})
	if err != nil {
		return 0, cannotRun(c.path, err)
	}
	return pid, nil
}

// cannotRun is the failure of an execve, or of a search that found no program.
func cannotRun(name string, err error) error {
	status := exitCannotRun
	if errors.Is(err, syscall.ENOENT) {
		status = exitNotFound
	}
	return &failure{status, failf("Can't run '%s': %w", name, plain(err))}
}

// plain takes the system's own words out of an error of package os, which
// repeats the name, and gives them strace's capital letter.
func plain(err error) error {
	var e syscall.Errno
	if errors.As(err, &e) {
		return errors.New(errnoText(e))
	}
	return err
}

// errnoText is the text of an error number as strerror(3) has it.
func errnoText(e syscall.Errno) string {
	s := e.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}

// lookUp finds the program file: unless the name has a slash, in the PATH of
// ebtrace's own environment, as a shell does.
func lookUp(name string) (string, error) {
	if name == "" || strings.Contains(name, "/") {
		return name, executable(name)
	}
	var denied error
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if dir == "" {
			dir = "."
		}
		path := filepath.Join(dir, name)
		if !strings.Contains(path, "/") {
			path = "./" + path
		}
		err := executable(path)
		if err == nil {
			return path, nil
		}
		if statusOf(err, true) == exitCannotRun && denied == nil {
			denied = err
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", &failure{exitNotFound, failf("Can't find '%s' in PATH", name)}
}

// executable says why a file cannot be run, nil if it seems that it can.
func executable(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return cannotRun(path, err)
	}
	if st.IsDir() {
		return cannotRun(path, syscall.EISDIR)
	}
	if st.Mode()&0o111 == 0 {
		return cannotRun(path, syscall.EACCES)
	}
	return nil
}

// environ applies the changes of -E, in their order, to an environment.
func environ(env []string, changes []envChange) []string {
	env = slices.Clone(env)
	for _, c := range changes {
		prefix := c.name + "="
		at := slices.IndexFunc(env, func(v string) bool { return strings.HasPrefix(v, prefix) })
		switch {
		case c.remove:
			env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, prefix) })
		case at >= 0:
			env[at] = prefix + c.value
		default:
			env = append(env, prefix+c.value)
		}
	}
	return env
}

// credential is the identity of a user of the system, with its groups.
func credential(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, failf("Cannot find user '%s'", name)
	}
	if os.Geteuid() != 0 {
		return nil, failf("You must be root to use the -u option")
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user '%s' has the id '%s', not a number", name, u.Uid)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user '%s' has the group id '%s', not a number", name, u.Gid)
	}
	ids, err := u.GroupIds()
	if err != nil {
		return nil, failf("Cannot read the groups of user '%s': %w", name, err)
	}
	cred := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	for _, id := range ids {
		if g, err := strconv.ParseUint(id, 10, 32); err == nil {
			cred.Groups = append(cred.Groups, uint32(g))
		}
	}
	return cred, nil
}
