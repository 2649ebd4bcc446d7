package transparency

import (
	"path/filepath"
	"regexp"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestFatalSignals: a signal that ends a process is not taken by any of its
// threads, and where the kernel itself sends it there is no siginfo yet. It is
// shown all the same, as a ptracer sees it.
func TestFatalSignals(t *testing.T) {
	tracer := testenv.Tracer(t)
	for _, c := range []struct{ script, line string }{
		{"yes | head -c 1", `--- SIGPIPE \{si_signo=SIGPIPE, si_code=SI_USER, si_pid=$1, si_uid=0\} ---`},
		{"perl -MTime::HiRes=ualarm -e 'ualarm 1000; sleep 9'", `--- SIGALRM \{si_signo=SIGALRM, si_code=SI_KERNEL\} ---`},
		{"kill -HUP $$", `--- SIGHUP \{si_signo=SIGHUP, si_code=SI_USER, si_pid=$1, si_uid=0\} ---`},
	} {
		out := filepath.Join(t.TempDir(), "trace")
		cmd := testenv.Command(t, tracer, "-f", "-e", "trace=none", "-o", out, "sh", "-c", c.script+"; :")
		_ = cmd.Run() // the script may end with any status
		got := testenv.ReadFile(t, out)
		signal := regexp.MustCompile(`(?m)^(\d+) +--- (SIG(PIPE|ALRM|HUP)) .*$`).FindStringSubmatch(got)
		if signal == nil {
			t.Errorf("%s: no signal in\n%s", c.script, got)
			continue
		}
		line := regexp.MustCompile(`\$1`).ReplaceAllString(c.line, signal[1])
		end := `\n` + signal[1] + ` +\+\+\+ killed by ` + signal[2]
		if !regexp.MustCompile(`(?m)^`+signal[1]+` +`+line+`$`).MatchString(got) || !regexp.MustCompile(end).MatchString(got) {
			t.Errorf("%s: no line %s, or not killed, in\n%s", c.script, line, got)
		}
	}
}
