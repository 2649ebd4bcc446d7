package main

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/enforce"
	"github.com/ebtrace/ebtrace/enforce/policy"
	"github.com/ebtrace/ebtrace/loader"
)

// The processes that ebtrace starts of itself run on their first thread: one
// is a tracer, which is a thread, the other becomes the command.
func init() {
	if helperName() != "" {
		runtime.LockOSThread()
	}
}

func helperName() string {
	if len(os.Args) == 2 && (os.Args[1] == enforce.ServeName || os.Args[1] == enforce.LaunchName) {
		return os.Args[1]
	}
	return ""
}

// help runs the body of a process that ebtrace has started of itself.
func helper(name string) int {
	if name == enforce.ServeName {
		return enforce.Serve()
	}
	return enforce.Launch()
}

// enforcing says whether calls are stopped: only then is ptrace used.
func (o *options) enforcing() bool { return len(o.inject) > 0 || o.policy != nil }

// setInject reads one -e inject= or -e fault=.
func setInject(o *options, expr string, fault bool) error {
	r, err := enforce.ParseInject(expr, fault)
	if err != nil {
		return err
	}
	o.inject = append(o.inject, r)
	return nil
}

// enforceConfig is what the enforcer is told.
func (o *options) enforceConfig() *enforce.Config {
	cfg := &enforce.Config{Rules: enforce.Injections(o.inject), StrSize: o.text.StrSize, FDs: o.text.Files != 0,
		Kill: len(o.command) > 0, Harden: o.hardens()}
	enter, exit := o.sel.halves()
	shown := *enter
	shown.Add(exit)
	cfg.Shown = &shown
	if p := o.policy; p != nil {
		cfg.Rules, cfg.Monitor, cfg.Kill = p.Rules, p.Monitor, p.OnExit == policy.OnExitKill
	}
	return cfg
}

// checkEnforce finds what rules do not go together with.
func (o *options) checkEnforce() error {
	switch {
	case !o.enforcing():
		return nil
	case o.noFollow:
		return errors.New("--enforce, -e inject= and -e fault= are for what is traced and all it starts: they exclude --no-follow")
	case o.policy != nil && len(o.inject) > 0:
		return errors.New("--enforce and -e inject= or -e fault= are mutually exclusive")
	case len(o.command) > 0 && len(o.pids) > 0:
		return errors.New("with --enforce, -e inject= or -e fault= there is either a command or -p PID, not both")
	case len(o.command) > 0 && o.policy != nil && o.policy.OnExit == policy.OnExitRelease:
		return errors.New("on_exit: release is not available for a command: its seccomp filter cannot be taken away, and without the enforcer every call that a rule names would fail; use kill, or attach with --pid")
	}
	return nil
}

// setPolicy reads the policy of --enforce.
func setPolicy(o *options, file string) (err error) {
	o.policy, err = policy.Load(file)
	return err
}

// hardens says whether ways around the rules are closed: those of -e inject=
// are not there to keep anybody from anything.
func (o *options) hardens() bool { return o.policy != nil && o.policy.Harden && !o.policy.Monitor }

// launchEnforced starts the command under an enforcer. Its process is
// ebtrace's child and waits for the tracer before it becomes the command.
func (t *trace) launchEnforced() (pid int, err error) {
	cfg := t.o.enforceConfig()
	cfg.Place()
	p := &enforce.Program{Path: t.cmd.path, Argv: t.cmd.argv, Env: t.cmd.env, Filter: cfg.Filter()}
	asker, err := t.o.newAsker(cfg.Rules, true)
	if err != nil {
		return 0, err
	}
	if c := t.cmd.cred; c != nil {
		p.User = &enforce.User{UID: c.Uid, GID: c.Gid, Groups: c.Groups}
	}
	w, err := enforce.Prepare(p)
	if err != nil {
		return 0, failf("Can't start a process: %w", err)
	}
	cfg.Launch = w.PID
	client, err := enforce.Start(cfg)
	if err != nil {
		w.Abandon()
		return 0, failf("Can't enforce: %w", err)
	}
	if err := t.sess.Arm(w.PID); err != nil {
		client.Close()
		w.Abandon()
		return 0, err
	}
	asker.listens(client)
	t.verdicts = newVerdicts(cfg, client, t.o, asker)
	if err := w.Go(); err != nil {
		_, _ = syscall.Wait4(w.PID, nil, 0, nil)
		if e, ok := err.(syscall.Errno); ok {
			return 0, cannotRun(t.cmd.path, e)
		}
		return 0, failf("Can't run '%s': %w", t.cmd.path, err)
	}
	return w.PID, nil
}

// attachEnforced brings the rules into force for what runs already.
func (t *trace) attachEnforced(found []loader.Attached) error {
	cfg := t.o.enforceConfig()
	cfg.Descend = !t.o.noDescendants
	for _, a := range found {
		cfg.Targets = append(cfg.Targets, enforce.Thread{TID: int(a.TID), Start: a.Start})
	}
	asker, err := t.o.newAsker(cfg.Rules, false)
	if err != nil {
		return err
	}
	client, err := enforce.Start(cfg)
	if err != nil {
		return failf("Can't enforce: %w", err)
	}
	asker.listens(client)
	t.verdicts = newVerdicts(cfg, client, t.o, asker)
	if t.o.text.Quiet&output.QuietAttach == 0 {
		say("the rules are in force")
	}
	return nil
}

// releaseLimit is how long ebtrace waits for an attached tree to be given back.
const releaseLimit = time.Second

// giveBack ends enforcement of an attached tree. What waits in the kernel, as
// the parent of a vfork, is given back by the enforcer alone.
func (t *trace) giveBack() {
	if t.verdicts == nil || t.cmd != nil || t.verdicts.client.Release() != nil {
		return
	}
	select {
	case <-t.verdicts.over:
	case <-time.After(releaseLimit):
		say("some threads wait in the kernel: they go on under the rules until they come out")
	}
}
