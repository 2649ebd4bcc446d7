package enforce

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestLearn: under a policy that was learned from a command, or from a trace
// of it, the command runs with nothing denied and another action is denied.
func TestLearn(t *testing.T) {
	tracer := testenv.Tracer(t)
	prog := testenv.CompileC(t, "testdata/acts.c")
	for _, live := range []bool{true, false} {
		a := act{rules: "{name: x, syscalls: [open], kill: true}"}
		dir, _ := a.setUp(t)
		learned, profile := filepath.Join(dir, "learned.yaml"), filepath.Join(dir, "profile.json")
		script := strings.ReplaceAll(`cat a $D/b | wc -c; ls -l sub; cd sub; ls ..; rm -f $(mktemp -p $D/sub); P connect,127.0.0.1,9 unix,$D/s mkdir,$D/made; rmdir $D/made; rm -f $D/none`, "$D", dir)
		script = "cd " + dir + "; " + strings.ReplaceAll(script, "P ", prog+" ")
		if live {
			testenv.Run(t, tracer, "policy", "learn", "-o", learned, "--oci", profile, "--", "env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", script)
		} else {
			trace := filepath.Join(dir, "trace")
			testenv.Run(t, tracer, "--json", "-y", "-o", trace, "--", "env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", script)
			testenv.Run(t, tracer, "policy", "learn", "-o", learned, "--oci", profile, trace)
		}
		testenv.Run(t, tracer, "policy", "check", learned)
		_, errs, _ := run(t, tracer, "-qq", "-f", "-e", "signal=none", "--enforce", learned, "--", "env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", script)
		if strings.Contains(errs, "DENIED") || strings.Contains(errs, "KILLED") || !strings.Contains(errs, "ALLOWED") {
			t.Errorf("what was learned from (live %v) does not run:\n%s\n%s", live, errs, testenv.ReadFile(t, learned))
		}
		for _, other := range []string{"cat policy.yaml", prog + " connect,127.0.0.1,10", "cd /; ls", "echo x > a", prog + " unlink,a", "rm -f b", prog + " getpgid,0"} {
			_, errs, _ = run(t, tracer, "-qq", "-f", "-e", "signal=none", "--enforce", learned, "--", "env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", "cd "+dir+"; "+other)
			if !strings.Contains(errs, "DENIED by rest") {
				t.Errorf("%s is not denied\n%s", other, errs)
			}
		}
		checkProfile(t, profile)
	}
}

// checkProfile reads a profile as a container runtime does.
func checkProfile(t *testing.T, file string) {
	t.Helper()
	var p struct {
		DefaultAction string
		Architectures []string
		Syscalls      []struct {
			Names  []string
			Action string
		}
	}
	if err := json.Unmarshal([]byte(testenv.ReadFile(t, file)), &p); err != nil {
		t.Fatal(err)
	}
	if p.DefaultAction != "SCMP_ACT_ERRNO" || len(p.Architectures) != 1 || len(p.Syscalls) != 1 || p.Syscalls[0].Action != "SCMP_ACT_ALLOW" {
		t.Errorf("%+v", p)
	}
	names := p.Syscalls[0].Names
	for name, want := range map[string]bool{"execve": true, "connect": true, "exit_group": true, "rt_sigreturn": true, "ptrace": false, "mount": false, "getpgid": false} {
		if slices.Contains(names, name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

// TestLearnRefuses: what nothing can be learned from.
func TestLearnRefuses(t *testing.T) {
	tracer := testenv.Tracer(t)
	dir := t.TempDir()
	for text, want := range map[string]string{
		"":                                   "there are no calls in it",
		"not JSON\n":                         "line 1 is not a line of a trace in JSON",
		`{"type":"summary","lost":3}` + "\n": "events were lost",
		`{"type":"call","name":"open","nr":5,"abi":"i386"}` + "\n":                                                                         "open is a call of i386",
		`{"type":"call","name":"openat","nr":257,"abi":"amd64","args":[{"name":"dirfd","value":-100},{"name":"path","value":"a"}]}` + "\n": "trace with -y",
	} {
		file := filepath.Join(dir, "trace")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, errs, _ := run(t, tracer, "policy", "learn", file)
		if !strings.Contains(errs, want) {
			t.Errorf("%q: %q, want %q", text, errs, want)
		}
	}
}
