package guest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/vmtest/workload"
)

// threats is a C program, of amd64 only; see test/enforce/testdata/threats.c.
const threats = "/tests/threats"

// enforced runs a command under a policy, or with other options of enforcement,
// and returns what it and the trace say.
func enforced(t *testing.T, cmd *exec.Cmd, options ...string) (out, trace string, ws syscall.WaitStatus) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "trace")
	path := cmd.Path
	if path == self { // it would be ebtrace there
		var err error
		if path, err = os.Executable(); err != nil {
			t.Fatal(err)
		}
	}
	argv := append([]string{"ebtrace", "-a", "1", "-o", log}, options...)
	cmd.Args = append(append(argv, "--", path), cmd.Args[1:]...)
	cmd.Path = "/bin/ebtrace" // vmtest/build.go
	if _, err := os.Stat(cmd.Path); err != nil {
		t.Skip("the guest's own ebtrace is not here; test/enforce is for the host")
	}
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(log)
	return said.String(), string(b), cmd.ProcessState.Sys().(syscall.WaitStatus)
}

// TestThreats: programs that try to get around a rule print ENFORCED on this
// kernel too, or are killed where that is the answer. Before Linux 6.10 what a
// rule has looked at cannot be sealed, before 6.16 registers are all there is to
// change a call.
func TestThreats(t *testing.T) {
	if _, err := os.Stat(threats); err != nil {
		t.Skip("the program is compiled for amd64 only")
	}
	dir := t.TempDir()
	secret, allowed, policy := filepath.Join(dir, "file-a"), filepath.Join(dir, "file-b"), filepath.Join(dir, "policy.yaml")
	for name, text := range map[string]string{secret: "Secret\n", allowed: "public\n", policy: `version: 1
rules:
  - {name: keep, syscalls: [open, "%file"], path: ` + secret + `, deny: EACCES}
  - {name: no-probe, syscalls: [kill], args: {1: {eq: 0}}, deny: EPERM}
  - {name: no-wide, syscalls: [mkdir], args: {1: {eq: 0777}}, deny: EROFS}
`} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"to-secret": secret, "to-to-secret": "to-secret", "to-dir": ".", "to-proc": "/proc/self/root"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"spellings", "flips", "symlinks", "sealed", "untraced", "untraced3", "int80", "x32", "io_uring",
		"listener", "uffd", "orphan", "highbits"} {
		t.Run(name, func(t *testing.T) {
			out, trace, ws := enforced(t, exec.Command(threats, name, secret, allowed, "1000"), "-e", "trace=none", "--enforce", policy)
			killed := ws.Signaled() && ws.Signal() == syscall.SIGKILL && (name == "symlinks" || name == "orphan")
			if strings.Contains(out, "ESCAPED") || !strings.Contains(out, "ENFORCED") && !killed {
				t.Errorf("%q, %v\n%s", out, ws, trace)
			}
		})
	}
}

// TestEnforce: calls that do not run, fail or return something else, on every
// architecture.
func TestEnforce(t *testing.T) {
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	const text = `version: 1
rules:
  - {name: no-path, syscalls: ["?open", openat], path: /proc/*/stat*, deny: EACCES}
  - {name: no-link, syscalls: [linkat], deny: EMLINK}
  - {name: a-pid, syscalls: [getppid], return: 4242}
`
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, trace, _ := enforced(t, program("denied", ""), "-e", "trace=openat,linkat,getppid", "--enforce", policy)
	for _, want := range []string{
		"openat permission denied\n", "linkat too many links\n", "getppid 4242\n", "free 0\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, want := range []string{
		`"/proc/self/status", O_RDONLY) = -1 EACCES (Permission denied) (DENIED by no-path)`,
		`"nowhere", 0) = -1 EMLINK (Too many links) (DENIED by no-link)`, "getppid() = 4242 (RETURNED by a-pid)",
		`"/proc/self/maps", O_RDONLY) = `,
	} {
		if !strings.Contains(trace, want) {
			t.Errorf("no %q in\n%s", want, trace)
		}
	}
	out, trace, ws := enforced(t, program("denied", ""), "-e", "trace=getppid", "-e", "inject=getppid:error=EIO:when=1",
		"-e", "inject=linkat:retval=0:delay_exit=1ms")
	if !strings.Contains(out, "getppid input/output error\n") || !strings.Contains(out, "linkat 0\n") ||
		!strings.Contains(trace, "getppid() = -1 EIO (Input/output error) (INJECTED)") || ws.ExitStatus() != workload.Status {
		t.Errorf("%v\n%s%s", ws, out, trace)
	}
}
