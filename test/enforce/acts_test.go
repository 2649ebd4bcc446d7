package enforce

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/internal/schema"
	"github.com/ebtrace/ebtrace/test/testenv"
)

// act is a program of calls under rules: what they got, and what the trace
// says of it. $D is a directory with the files a, b and the directory sub.
type act struct {
	name, rules string
	ops         []string
	out         string   // what the program prints
	trace       []string // parts of the trace
}

// TestActions: each action changes what the program gets, and the trace shows
// what was asked for and what was done.
func TestActions(t *testing.T) {
	for _, a := range []act{
		{"redirect", `{name: r, syscalls: [openat], path: $D/a, redirect: $D/b}`, []string{"open,$D/a", "open,$D/b", "at,$D,a", "open,$D/sub/../a"},
			"B open: 0\nB open: 0\nB at: 0\nB open: 0\n",
			[]string{`"$D/a", O_RDONLY) = 3 (REDIRECTED by r: openat(AT_FDCWD, "$D/b", O_RDONLY))`, `"$D/b", O_RDONLY) = 3` + "\n", `, "a", O_RDONLY) = 4 (REDIRECTED by r: openat(3, "$D/b", O_RDONLY))`}},
		{"redirect denied after", `{name: r, syscalls: [openat], path: $D/a, redirect: $D/none}`, []string{"open,$D/a"},
			"open: ENOENT\n", []string{`"$D/a", O_RDONLY) = -1 ENOENT (No such file or directory) (REDIRECTED by r: `}},
		{"redirect a program", `{name: r, syscalls: [execve], path: /bin/false, redirect: /bin/true}`, []string{"exec,/bin/false", "exec,/bin/true"},
			"exec: 0\nexec: 0\n", []string{`execve("/bin/false", ["/bin/false"]`, `REDIRECTED by r: execve("/bin/true", ["/bin/false"]`}},
		{"rewrite a register", `{name: r, syscalls: [dup2], args: {0: {eq: 0}}, rewrite: {1: 9}}`, []string{"dup2,0,8", "dup2,1,7"},
			"dup2: 9\ndup2: 7\n", []string{"dup2(0, 8) = 9 (REWRITTEN by r: dup2(0, 9))\n", "dup2(1, 7) = 7\n"}},
		{"rewrite a text", `{name: r, syscalls: [mkdir], rewrite: {0: "$D/made"}}`, []string{"mkdir,$D/x", "unlink,$D/made"},
			"mkdir: 0\nunlink: EISDIR\n", []string{`mkdir("$D/x", 0700) = 0 (REWRITTEN by r: mkdir("$D/made", 0700))`}},
		{"rewrite flags", `{name: r, syscalls: [openat], path: $D/a, rewrite: {2: O_RDONLY|O_CLOEXEC}}`, []string{"open,$D/a,0x41"},
			"A open: 0\n", []string{`"$D/a", O_WRONLY|O_CREAT, 0600) = 3 (REWRITTEN by r: openat(AT_FDCWD, "$D/a", O_RDONLY|O_CLOEXEC))`}},
		{"poke at entry", `{name: p, syscalls: [openat], path: $D/a, poke: {enter: {1: HEX($D/b)}}}`, []string{"open,$D/a"},
			"B open: 0\n", []string{`(CHANGED by p)`}},
		{"poke at exit", `{name: p, syscalls: [read], args: {2: {eq: 63}}, poke: {exit: {1: 5a}}}`, []string{"open,$D/a"},
			"Z open: 0\n", []string{`read(3, "Z\n", 63) = 2 (CHANGED by p)`}},
		{"deny after an allow", `{name: ok, syscalls: [openat], path: $D/a, allow: true}, {name: no, syscalls: [openat], path: $D/**, deny: EROFS}`,
			[]string{"open,$D/a", "open,$D/b"}, "A open: 0\nopen: EROFS\n", []string{"= 3 (ALLOWED by ok)", "(DENIED by no)"}},
		{"return", `{name: f, syscalls: [getppid], return: 0}`, []string{"getppid"}, "getppid: 0\n", []string{"getppid() = 0 (RETURNED by f)"}},
	} {
		t.Run(a.name, func(t *testing.T) { a.run(t) })
	}
}

// setUp makes the directory of an act and its policy.
func (a *act) setUp(t *testing.T) (dir, policy string) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text := "version: 1\nrules: [" + a.in(dir, a.rules) + "]\n"
	for name, content := range map[string]string{"a": "A\n", "b": "B\n", "policy.yaml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{dir, filepath.Join(dir, "sub")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir, filepath.Join(dir, "policy.yaml")
}

// in puts the directory into a text, and HEX(x) as the bytes of x and a NUL.
func (a *act) in(dir, s string) string {
	s = strings.ReplaceAll(s, "$D", dir)
	if before, rest, ok := strings.Cut(s, "HEX("); ok {
		text, after, _ := strings.Cut(rest, ")")
		s = before + `"` + hexOf(text) + `00"` + after
	}
	return s
}

func hexOf(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(digits[s[i]>>4])
		b.WriteByte(digits[s[i]&15])
	}
	return b.String()
}

// run runs an act as text and as JSON.
func (a *act) run(t *testing.T, options ...string) {
	t.Helper()
	tracer := testenv.Tracer(t)
	prog := testenv.CompileC(t, "testdata/acts.c")
	dir, policy := a.setUp(t)
	args := append([]string{"-qq", "-a", "0", "--enforce", policy, "-e", "signal=none"}, options...)
	cmd := append([]string{"--", prog}, a.ops...)
	for i := range cmd {
		cmd[i] = a.in(dir, cmd[i])
	}
	out, errs, _ := run(t, tracer, append(args, cmd...)...)
	if out != a.out {
		t.Errorf("it prints %q, want %q\n%s", out, a.out, errs)
	}
	for _, want := range a.trace {
		if !strings.Contains(errs, a.in(dir, want)) {
			t.Errorf("%q is not in the trace\n%s", a.in(dir, want), errs)
		}
	}
	_, errs, _ = run(t, tracer, append(append(args, "--json"), cmd...)...)
	validate(t, errs)
}

// validate holds each line of JSON against the schema.
func validate(t *testing.T, text string) {
	t.Helper()
	s, err := schema.Parse([]byte(testenv.ReadFile(t, filepath.Join(testenv.Root(), "docs", "schema.json"))))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "ebtrace: ") {
			continue // a message
		}
		if err := s.Validate([]byte(line)); err != nil {
			t.Errorf("%v\n%s", err, line)
		}
		n++
	}
	if n == 0 {
		t.Error("no JSON")
	}
}

// TestJSONVerdict: both the call that was asked for and the one that ran.
func TestJSONVerdict(t *testing.T) {
	tracer := testenv.Tracer(t)
	prog := testenv.CompileC(t, "testdata/acts.c")
	a := act{rules: `{name: r, syscalls: [openat], path: $D/a, redirect: $D/b}`}
	dir, policy := a.setUp(t)
	_, errs, _ := run(t, tracer, "--json", "-e", "trace=openat", "--enforce", policy, "--", prog, "open,"+dir+"/a")
	for line := range strings.Lines(errs) {
		asked, final, ok := strings.Cut(line, `"verdict":{"action":"redirect","rule":"r","final":[`)
		if ok && strings.Contains(asked, dir+"/a") && !strings.Contains(asked, dir+"/b") && strings.Contains(final, dir+"/b") && !strings.Contains(final, dir+"/a") {
			return
		}
	}
	t.Error(errs)
}

// TestGainedRights: a program that has gained rights is not deceived unless
// the rule says so: it would go on with rights that it thinks are gone.
func TestGainedRights(t *testing.T) {
	tracer := testenv.Tracer(t)
	testenv.NeedRoot(t)
	for _, c := range []struct{ rule, out, trace string }{
		{`{name: f, syscalls: [setuid], return: 0}`, "kept drop: EPERM\n", "(DENIED by f: it cannot be done here)"},
		{`{name: f, syscalls: [setuid], return: 0, privileged: true}`, "kept drop: 0\n", "(RETURNED by f)"},
		{`{name: f, syscalls: [setuid], rewrite: {0: 0}}`, "kept drop: EPERM\n", "(DENIED by f: it cannot be done here)"},
	} {
		prog := testenv.CompileC(t, "testdata/acts.c")
		a := act{rules: c.rule}
		dir, policy := a.setUp(t)
		suid := filepath.Join(filepath.Dir(dir), "suid")
		if err := os.WriteFile(suid, []byte(testenv.ReadFile(t, prog)), 0o755); err != nil {
			t.Fatal(err)
		}
		for d := filepath.Dir(suid); d != "/tmp" && d != "/"; d = filepath.Dir(d) {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(suid, 0o4755|os.ModeSetuid); err != nil {
			t.Fatal(err)
		}
		out, errs, _ := run(t, tracer, "-qq", "-u", "nobody", "--enforce", policy, "-e", "trace=setuid", "--", suid, "drop")
		if out != c.out || !strings.Contains(errs, c.trace) {
			t.Errorf("%s: it prints %q, want %q\n%s", c.rule, out, c.out, errs)
		}
	}
}
