package enforce

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestStall: a path in memory that a userfaultfd keeps back is denied; the
// enforcer does not wait for it.
func TestStall(t *testing.T) {
	tracer := testenv.Tracer(t)
	prog := testenv.CompileC(t, "testdata/threats.c", "-pthread")
	s := newScene(t, "harden: false")
	out, errs, _ := run(t, tracer, "-qq", "-e", "trace=none", "--enforce", s.policy, "--", prog, "stall", s.secret, s.allowed)
	if out != "ENFORCED\n" {
		t.Errorf("%q\n%s", out, errs)
	}
}

// TestBehavesAsWithout: what a shell sees of its children, of stops, signals and
// exits is the same with rules and without.
func TestBehavesAsWithout(t *testing.T) {
	tracer := testenv.Tracer(t)
	s := newScene(t, "")
	for _, script := range []string{
		"exit 3", "kill -TERM $$", "kill -KILL $$", "kill -SEGV $$",
		"trap 'echo got' USR1; kill -USR1 $$; echo after",
		"sleep 30 & kill -STOP $!; kill -CONT $!; kill $!; wait $!; echo $?",
		"set -m; (kill -STOP $BASHPID; exit 5) & wait $!; echo $?; kill -CONT $!; sleep 0.5; wait $!; echo $?",
		"sh -c 'exit 7' | cat; echo ${PIPESTATUS[@]}", "exec sh -c 'exit 9'", "(exec sh -c 'kill -ABRT $$'); echo $?",
		"/nowhere; echo $?", "timeout 0.1 sleep 5; echo $?", "cat <(echo x)", "trap '' TERM; kill $$; echo alive",
	} {
		want, _, wantSig := run(t, "bash", "-c", script)
		got, errs, sig := run(t, tracer, "-qq", "-e", "trace=none", "-e", "signal=none", "--enforce", s.policy, "--", "bash", "-c", script)
		if got != want || sig != wantSig {
			t.Errorf("%s\nwithout rules: %q, signal %v\nwith: %q, signal %v\n%s", script, want, wantSig, got, sig, errs)
		}
	}
}

var tracerPid = regexp.MustCompile(`TracerPid:\t(\d+)`)

// killEnforcer kills the process that traces the tree.
func (a *attached) killEnforcer() {
	a.t.Helper()
	m := tracerPid.FindStringSubmatch(testenv.ReadFile(a.t, fmt.Sprintf("/proc/%d/status", a.pid)))
	var pid int
	if _, err := fmt.Sscan(m[1], &pid); err != nil || pid == 0 {
		a.t.Fatal("nobody traces the tree")
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		a.t.Fatal(err)
	}
}

// TestEnforcerDies: with on_exit: kill an attached tree dies with its enforcer,
// with release it goes on without rules.
func TestEnforcerDies(t *testing.T) {
	a := newAttached(t, "")
	_, _ = a.trace("-e", "trace=none", "--enforce", a.policy)
	a.await("under rules")
	a.killEnforcer()
	testenv.Eventually(t, "the tree is killed", func() bool {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", a.pid))
		return err != nil || strings.Contains(string(b), ") Z ")
	})
	b, _ := os.ReadFile(a.out)
	a.kept(string(b[len(b)-10:]), "when the enforcer died")

	a = newAttached(t, "on_exit: release")
	_, _ = a.trace("-e", "trace=none", "--enforce", a.policy)
	a.kept(a.await("under rules"), "under rules")
	a.killEnforcer()
	got := a.await("without an enforcer")
	if i := strings.IndexAny(got, letters); i >= 0 {
		t.Errorf("%q", got)
	}
}

// TestReleaseRefused: a command cannot outlive its filter.
func TestReleaseRefused(t *testing.T) {
	s := newScene(t, "on_exit: release")
	_, errs, _ := run(t, testenv.Tracer(t), "--enforce", s.policy, "--", "true")
	if !strings.Contains(errs, "on_exit: release is not available for a command") {
		t.Error(errs)
	}
}

// TestRights: the enforcer keeps four capabilities.
func TestRights(t *testing.T) {
	s := newScene(t, "")
	const script = `p=$(sed -n 's/TracerPid:.//p' /proc/self/status); cat /proc/$p/task/*/status | grep CapEff | sort -u`
	out, errs, _ := run(t, testenv.Tracer(t), "-qq", "-e", "trace=none", "--enforce", s.policy, "--", "sh", "-c", script)
	if out != "CapEff:\t0000000000080026\n" {
		t.Errorf("%q\n%s", out, errs)
	}
}
