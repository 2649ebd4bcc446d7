package enforce

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// injections are run by strace and by ebtrace.
var injections = [][]string{
	{"-e", "trace=openat", "-e", "inject=openat:error=ENOSPC:when=4..6+2", "TRACEE"},
	{"-e", "trace=openat", "-e", "inject=openat:error=ENOSPC:when=3+2", "TRACEE"},
	{"-e", "trace=openat", "-e", "inject=openat:error=2:when=3+", "TRACEE"},
	{"-e", "trace=openat,close", "-e", "inject=openat,close:error=EIO:when=3", "TRACEE"},
	{"-e", "trace=getppid", "-e", "inject=getppid:retval=77", "TRACEE"},
	{"-e", "trace=getppid", "-e", "inject=getppid:signal=USR1", "TRACEE"},
	{"-e", "trace=getppid", "-e", "inject=getppid:signal=CHLD:error=EIO", "TRACEE"},
	{"-e", "trace=getppid", "-e", "inject=getppid:signal=SIGWINCH", "TRACEE"},
	{"-e", "trace=getppid", "-e", "inject=getppid:delay_exit=10000:retval=3", "TRACEE"},
	{"-e", "trace=getppid", "-e", "inject=getppid:delay_enter=10ms", "TRACEE"},
	{"-e", "trace=getppid", "-e", "inject=getppid:delay_exit=10ms", "TRACEE"},
	{"-e", "trace=getppid", "-e", "fault=getppid", "TRACEE"},
	{"-e", "trace=getppid", "-e", "inject=getppid:error=EIO", "-e", "inject=getppid:retval=9", "TRACEE"},
	{"-e", "trace=write", "-e", "inject=write:error=ENOSPC", "sh", "-c", "echo hello"},
	{"-e", "trace=unlink,unlinkat", "-e", "inject=unlinkat,unlink:retval=0", "rm", "-f", "/nowhere"},
	{"-e", "trace=clock_nanosleep", "-e", "inject=clock_nanosleep:retval=0", "sleep", "30"},
	{"-e", "trace=kill", "-e", "inject=kill:retval=0", "sh", "-c", "kill -9 $$; exit 4"},
	{"-e", "trace=execve", "-e", "inject=execve:error=ENOENT", "true"},
	{"-e", "trace=chdir", "-e", "inject=chdir:retval=5:syscall=getuid", "sh", "-c", "cd /nowhere 2>/dev/null"},
	{"-e", "trace=chdir", "-e", "inject=chdir:error=EIO:syscall=getpid", "sh", "-c", "cd /nowhere 2>/dev/null"},
	{"-e", "trace=getppid", "-e", "inject=getppid:retval=7:syscall=getuid:when=1", "TRACEE"},
	{"-e", "trace=openat", "-e", "inject=openat:poke_enter=@arg2=2f6574632f67726f757000:when=3+", "TRACEE"},
	{"-e", "trace=openat", "-e", "inject=openat:poke_exit=@arg2=2f65", "TRACEE"},
	{"-e", "trace=openat", "-e", "inject=openat:poke_exit=@arg2=2f65:delay_exit=1ms:when=3..5", "TRACEE"},
	{"-e", "trace=read", "-e", "inject=read:poke_exit=@arg2=41424300:when=2+", "cat", "/etc/hostname"},
	{"-e", "trace=read", "-e", "inject=read:poke_exit=@arg2=4142:retval=3:when=2..4", "cat", "/etc/hostname"},
	{"-e", "trace=read", "-e", "inject=read:poke_enter=@arg2=41424300:error=EIO:when=2", "cat", "/etc/hostname"},
	{"-e", "trace=write", "-e", "inject=write:poke_enter=@arg2=4142", "sh", "-c", "echo hello"},
	{"-e", "trace=read", "-e", "inject=read:retval=4:when=2..3", "cat", "/etc/hostname"},
	{"-e", "trace=exit_group", "-e", "inject=exit_group:signal=TERM", "true"},
}

// noise is what differs from one run to the next.
var noise = []struct{ re, with string }{
	{`0x[0-9a-f]{6,}`, "PTR"}, {`= [0-9]{3,}`, "= N"}, {`kill\([0-9]+`, "kill(N"}, {`si_pid=[1-9][0-9]*`, "si_pid=N"},
	{`tv_nsec=[1-9][0-9]*`, "tv_nsec=N"}, {`\[pid +[0-9]+\]`, "[pid N]"},
}

// TestInjectAsStrace: what is injected, into which call, and how it is shown
// is as with strace; so is what becomes of the command.
func TestInjectAsStrace(t *testing.T) {
	tracer := testenv.Tracer(t)
	testenv.NeedTools(t, "strace")
	tracee := testenv.CompileC(t, "testdata/tracee.c")
	for _, args := range injections {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			var full []string
			for _, a := range args {
				full = append(full, strings.Replace(a, "TRACEE", tracee, 1))
			}
			want, got := told(t, "strace", full), told(t, tracer, full)
			if got != want {
				t.Errorf("strace:\n%s\nebtrace:\n%s", want, got)
			}
		})
	}
}

// told is what a tracer and its command print, without what changes, and how
// it ended.
func told(t *testing.T, tracer string, args []string) string {
	out, errs, sig := run(t, tracer, append([]string{"-f"}, args...)...)
	text := out + "---\n" + errs + sig.String()
	for _, n := range noise {
		text = regexp.MustCompile(n.re).ReplaceAllString(text, n.with)
	}
	return text
}

// TestNoPtraceUnlessAsked: without rules neither ebtrace nor anything that it
// starts calls ptrace or seccomp, and the command has no tracer.
func TestNoPtraceUnlessAsked(t *testing.T) {
	tracer := testenv.Tracer(t)
	testenv.NeedTools(t, "strace")
	show := []string{"-e", "trace=getppid", "--", "grep", "TracerPid\\|^Seccomp:", "/proc/self/status"}
	calls := func(extra ...string) string {
		args := append([]string{"-f", "-qq", "-e", "trace=ptrace,seccomp", "-e", "signal=none", tracer}, extra...)
		cmd := exec.Command("strace", append(args, show...)...)
		var errs strings.Builder
		cmd.Stderr = &errs
		_ = cmd.Run() // what is traced twice may fail
		return errs.String()
	}
	if got := calls(); strings.Contains(got, "ptrace(") || strings.Contains(got, "seccomp(") {
		t.Error(got)
	}
	if got := calls("-e", "inject=getppid:error=EIO"); !strings.Contains(got, "ptrace(PTRACE_SEIZE") {
		t.Errorf("with a rule no ptrace is seen: the test proves nothing\n%s", got)
	}
	out, _, _ := run(t, tracer, append([]string{"-qq"}, show...)...)
	if !strings.Contains(out, "TracerPid:\t0\n") || !strings.Contains(out, "Seccomp:\t0\n") {
		t.Error(out)
	}
}
