package enforce

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestAskProgram: a program is given the call and its status decides; without
// an answer in time the default does.
func TestAskProgram(t *testing.T) {
	for _, c := range []struct{ name, script, rule, out, trace string }{
		{"yes", "exit 0", `ask: {timeout: 60s, deny: EACCES}`, "A open: 0\n", "= 3 (ALLOWED by q: asked)"},
		{"no", "exit 1", `ask: {timeout: 60s, deny: EACCES}`, "open: EACCES\n", "(Permission denied) (DENIED by q: asked)"},
		{"broken", "exit 3", `ask: {timeout: 60s, deny: EACCES}`, "open: EACCES\n", "(DENIED by q: no answer)"},
		{"late", "exec sleep 60", `ask: {timeout: 100ms}`, "open: EPERM\n", "(DENIED by q: no answer)"},
		{"late default", "exec sleep 60", `ask: {timeout: 100ms, default: allow}`, "A open: 0\n", "(ALLOWED by q: no answer)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			who, asked := filepath.Join(dir, "who"), filepath.Join(dir, "asked")
			if err := os.WriteFile(who, fmt.Appendf(nil, "#!/bin/sh\ncat > %s\n%s\n", asked, c.script), 0o755); err != nil {
				t.Fatal(err)
			}
			a := act{rules: "{name: q, syscalls: [openat], path: $D/a, " + c.rule + "}", ops: []string{"open,$D/a"}, out: c.out, trace: []string{c.trace}}
			a.run(t, "--ask", who)
			question := testenv.ReadFile(t, asked)
			validate(t, question)
			if !strings.Contains(question, `/a"`) || !strings.Contains(question, `"verdict":{"action":"ask","rule":"q"}`) {
				t.Error(question)
			}
		})
	}
}

// TestAskWaits: while a thread is asked about, others go on, and SIGKILL ends it.
func TestAskWaits(t *testing.T) {
	tracer := testenv.Tracer(t)
	prog := testenv.CompileC(t, "testdata/acts.c")
	sock := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a := act{rules: "{name: q, syscalls: [getppid], comm: acts, ask: {timeout: 600s}}"}
	_, policy := a.setUp(t)
	// the shell's child is asked about; the shell goes on and kills it
	script := fmt.Sprintf(`%s getppid & pid=$!; %s getpgid,0; read go; kill -9 $pid; wait $pid; echo status $?`, prog, prog)
	cmd := testenv.Command(t, tracer, "-f", "-qq", "-e", "trace=getpgid,getppid", "--enforce", policy, "--ask", "unix:"+sock, "--", "sh", "-c", script)
	in, _ := cmd.StdinPipe()
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = l.(*net.UnixListener).SetDeadline(time.Now().Add(time.Minute))
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err, errs.String())
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, `"name":"getppid"`) {
		t.Fatal(line, err)
	}
	fmt.Fprintln(in, "go")
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := conn.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("the question about a dead process is still open: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err, errs.String())
	}
	if got := out.String(); !strings.Contains(got, "getpgid: 1\n") || !strings.HasSuffix(got, "status 137\n") || strings.Contains(got, "getppid") {
		t.Errorf("%q\n%s", got, errs.String())
	}
}

// TestAskOnSharedTerminal: a command that has ebtrace's terminal could answer
// itself, so nobody is asked there.
func TestAskOnSharedTerminal(t *testing.T) {
	tracer := testenv.Tracer(t)
	a := act{rules: "{name: q, syscalls: [getppid], ask: {timeout: 600s}}"}
	_, policy := a.setUp(t)
	for _, who := range [][]string{{}, {"--ask", "tty"}} {
		_, errs, _ := run(t, tracer, append(append([]string{"--enforce", policy}, who...), "true")...)
		if !strings.Contains(errs, "Rule 'q' asks, and the command has ebtrace's own terminal") {
			t.Error(errs)
		}
	}
}

// TestAskTerminal: on a terminal that is not the command's the question is one
// line, and what the program puts into it cannot look like something else.
func TestAskTerminal(t *testing.T) {
	tracer := testenv.Tracer(t)
	prog := testenv.CompileC(t, "testdata/acts.c")
	for answer, want := range map[string]string{"y\n": "getpgid: 1\nopen: ENOENT\n", "n\n": "getpgid: 0\nopen: EPERM\n", "\n": "getpgid: 0\nopen: EPERM\n"} {
		master, slave := openPTY(t)
		a := act{}
		a.rules = `{name: q, syscalls: [getpgid], ask: {timeout: 600s}}, {name: p, syscalls: [openat], path: "/none*", ask: {timeout: 600s}}`
		_, policy := a.setUp(t)
		cmd := testenv.Command(t, tracer, "-qq", "-e", "trace=none", "--enforce", policy, "--ask", slave, "--", prog, "getpgid,0", "open,/none\x1b[2J\n")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		var out, errs strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		text := ""
		for range 2 {
			for buf := make([]byte, 4096); !strings.HasSuffix(text, "allow? [y/N] "); {
				n, err := master.Read(buf)
				if err != nil {
					t.Fatal(err, text, errs.String())
				}
				text += string(buf[:n])
			}
			fmt.Fprint(master, answer)
			text += "|"
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err, errs.String())
		}
		if out.String() != want {
			t.Errorf("%q: %q, want %q\n%s%s", answer, out.String(), want, text, errs.String())
		}
		if !strings.Contains(text, `: getpgid(0): allow? [y/N] `) || !strings.Contains(text, `open`) || strings.Contains(text, "\x1b") {
			t.Errorf("%q", text)
		}
	}
}

// TestAskShowsWhatRuns: while somebody is asked about a path, another thread
// changes it; what is opened is what was shown.
func TestAskShowsWhatRuns(t *testing.T) {
	tracer := testenv.Tracer(t)
	prog := testenv.CompileC(t, "testdata/threats.c", "-pthread")
	s := newScene(t, "")
	who := filepath.Join(t.TempDir(), "who")
	if err := os.WriteFile(who, []byte("#!/bin/sh\nif grep -q file-b; then exit 0; fi; exit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	policy := fmt.Sprintf("version: 1\nrules:\n  - {name: q, syscalls: [openat], path: %s/*, ask: {timeout: 600s}}\n", s.dir)
	if err := os.WriteFile(s.policy, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, _ := run(t, tracer, "-qq", "-e", "trace=none", "-e", "signal=none", "--enforce", s.policy, "--ask", who, "--", prog, "fewflips", s.secret, s.allowed)
	if out != "ENFORCED\n" {
		t.Errorf("%q\n%s", out, errs)
	}
}
