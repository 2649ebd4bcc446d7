package enforce

import (
	"os"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// inFilter are rules that the seccomp filter carries out by itself.
const inFilter = `version: 1
rules:
  - {name: no-probe, syscalls: [kill], args: {1: {eq: 0}}, deny: EPERM}
  - {name: no-wide, syscalls: [mkdir, mkdirat], args: {1: {eq: 0777}}, deny: EROFS}
  - {name: no-world, syscalls: [fchmodat, chmod], args: {2: {mask: 2, eq: 2}}, deny: EACCES}
  - {name: may, syscalls: [rmdir, unlinkat], allow: true}
`

// TestInFilter: what the filter decides alone is in the trace with its rule,
// and the calls do not stop: the enforcer says nothing of them.
func TestInFilter(t *testing.T) {
	tracer := testenv.Tracer(t)
	prog := testenv.CompileC(t, "testdata/threats.c", "-pthread")
	s := newScene(t, "")
	if err := os.WriteFile(s.policy, []byte(inFilter), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, _ := run(t, prog, "highbits", s.secret, s.allowed)
	if out != "ESCAPED\n" {
		t.Fatalf("without a rule it prints %q: the test proves nothing", out)
	}
	out, errs, _ := run(t, tracer, "-a", "1", "-qq", "-f", "-e", "trace=kill,mkdir,fchmodat,unlinkat,clone3", "--enforce", s.policy, "--",
		prog, "highbits", s.secret, s.allowed)
	if out != "ENFORCED\n" || !strings.Contains(errs, ", 0) = -1 EPERM (Operation not permitted) (DENIED by no-probe)") ||
		!strings.Contains(errs, `mkdir("highbits.d", 0777) = -1 EROFS (Read-only file system) (DENIED by no-wide)`) {
		t.Errorf("%q\n%s", out, errs)
	}
	_, errs, _ = run(t, tracer, "-qq", "-f", "-e", "trace=fchmodat,unlinkat", "--enforce", s.policy, "--",
		"sh", "-c", "chmod o+w "+s.secret+"; chmod 600 "+s.secret+"; rm "+s.allowed)
	for _, want := range []string{
		`0646) = -1 EACCES (Permission denied) (DENIED by no-world)`, `0600) = 0` + "\n", `, 0) = 0 (ALLOWED by may)`,
	} {
		if !strings.Contains(errs, want) {
			t.Errorf("no %q in\n%s", want, errs)
		}
	}
	explained := testenv.Run(t, tracer, "policy", "explain", s.policy)
	if n := strings.Count(explained, "decides by the registers alone"); n != 4 {
		t.Errorf("%d rules are carried out in the filter\n%s", n, explained)
	}
}
