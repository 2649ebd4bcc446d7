package enforce

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// scene is a directory with a file that rules keep and one that they do not,
// and links to the first.
type scene struct{ dir, secret, allowed, policy string }

const threatPolicy = `version: 1
%s
rules:
  - {name: keep, syscalls: [open, "%%file"], path: %s, deny: EACCES}
`

func newScene(t *testing.T, head string) scene {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := scene{dir, filepath.Join(dir, "file-a"), filepath.Join(dir, "file-b"), filepath.Join(dir, "policy.yaml")}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(s.secret, []byte("Secret\n"), 0o644))
	must(os.WriteFile(s.allowed, []byte("public\n"), 0o644))
	must(os.WriteFile(s.policy, fmt.Appendf(nil, threatPolicy, head, s.secret), 0o600))
	must(os.Mkdir(filepath.Join(dir, "sub"), 0o755))
	for name, to := range map[string]string{
		"to-secret": s.secret, "to-to-secret": "to-secret", "relative": "sub/../file-a", "to-dir": ".", "sub/up": "..",
		"to-proc": "/proc/self/root",
	} {
		must(os.Symlink(to, filepath.Join(dir, name)))
	}
	return s
}

// TestThreats: programs that try to get around a rule print ENFORCED, or are
// killed where that is the answer; without the rule they print ESCAPED.
func TestThreats(t *testing.T) {
	tracer := testenv.Tracer(t)
	prog := testenv.CompileC(t, "testdata/threats.c", "-pthread")
	for _, c := range []struct {
		name string
		free bool // without ebtrace it prints ESCAPED
		dies bool // may be killed
	}{
		{"spellings", true, false}, {"flips", true, false}, {"symlinks", true, true}, {"sealed", false, false},
		{"untraced", true, false}, {"untraced3", true, false}, {"int80", true, false}, {"x32", false, false},
		{"io_uring", true, false}, {"listener", true, false}, {"uffd", false, false}, {"orphan", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "")
			if c.free {
				if out, _, _ := run(t, prog, c.name, s.secret, s.allowed); !strings.Contains(out, "ESCAPED") {
					t.Fatalf("without a rule it prints %q: the test proves nothing", out)
				}
			}
			s = newScene(t, "")
			out, errs, sig := run(t, tracer, "-qq", "-e", "trace=none", "-e", "signal=none", "--enforce", s.policy, "--",
				prog, c.name, s.secret, s.allowed)
			killed := c.dies && sig == syscall.SIGKILL
			if strings.Contains(out, "ESCAPED") || !strings.Contains(out, "ENFORCED") && !killed {
				t.Errorf("%q, signal %v\n%s", out, sig, errs)
			}
		})
	}
}

// run runs a command to its end; sig is the signal that ended it.
func run(t *testing.T, name string, args ...string) (stdout, stderr string, sig syscall.Signal) {
	t.Helper()
	cmd := testenv.Command(t, name, args...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if ws := exit.Sys().(syscall.WaitStatus); ws.Signaled() {
			sig = ws.Signal()
		}
	} else if err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), sig
}

// TestMonitorChangesNothing: the call succeeds, the trace says what would be.
func TestMonitorChangesNothing(t *testing.T) {
	tracer := testenv.Tracer(t)
	s := newScene(t, "mode: monitor")
	out, errs, _ := run(t, tracer, "-qq", "-e", "trace=openat", "--enforce", s.policy, "--", "cat", s.secret)
	if out != "Secret\n" || !strings.Contains(errs, " = 3 (WOULD BE DENIED by keep)") {
		t.Errorf("%q\n%s", out, errs)
	}
}
