package tracetext

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

const sample = `100   execve("/bin/sh", ["sh"], 0x7ffe00 /* 3 vars */) = 0
100   vfork( <unfinished ...>
101   write(1, "a) = b\" (", 9)          = 9
101   exit_group(0)                     = ?
100   <... vfork resumed>)              = 101
101   +++ exited with 0 +++
100   --- SIGCHLD {si_signo=SIGCHLD, si_pid=101} ---
100   wait4(-1,  <unfinished ...>
102   futex(0x7f0000, FUTEX_WAIT, 0, NULL <unfinished ...>) = ?
100   <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 101
100   +++ exited with 0 +++
`

func TestParse(t *testing.T) {
	tr, err := Parse(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, th := range tr.Threads {
		for _, l := range th.Lines {
			fmt.Fprintf(&got, "%s: %s\n", th.Role, tr.Normal(&l, nil))
		}
	}
	want := `0: execve("/bin/sh", ["sh"], ADDR /* 3 vars */) = 0
0: vfork() = <thread 0.1>
0: --- SIGCHLD {si_signo=SIGCHLD, si_pid=<thread 0.1>} ---
0: wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = <thread 0.1>
0: +++ exited with 0 +++
0.1: write(1, "a) = b\" (", 9) = 9
0.1: exit_group(0) = ?
0.1: +++ exited with 0 +++
orphan2: futex(ADDR, FUTEX_WAIT, 0, NULL) = ?
`
	if got.String() != want {
		t.Errorf("got:\n%swant:\n%s", got.String(), want)
	}
}

func TestParseExecOfThread(t *testing.T) {
	tr, err := Parse(strings.NewReader("7 futex(0x1, 2 <unfinished ...>\n9 execve(\"x\" <unfinished ...>\n" +
		"7 +++ superseded by execve in pid 9 +++\n7 <... execve resumed>) = 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := tr.Threads[1].Lines[0].Text; got != `execve("x") = 0` {
		t.Errorf("the execve of the other thread is %q", got)
	}
}

func TestParseRefusesOtherText(t *testing.T) {
	for _, s := range []string{"hello\n", "1 <... read resumed>) = 0\n"} {
		if _, err := Parse(strings.NewReader(s)); err == nil {
			t.Errorf("%q: no error", s)
		}
	}
}

// TestAlign checks on random sequences that every item appears once and in
// order, that matched items are equal, and that the alignment is as long as
// the longest common subsequence.
func TestAlign(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		a, b := randomBytes(rnd), randomBytes(rnd)
		x, y, matched := 0, 0, 0
		for _, p := range Align(len(a), len(b), func(i, j int) bool { return a[i] == b[j] }) {
			if p.A >= 0 {
				if p.A != x {
					t.Fatalf("%q %q: item %d of the first comes where %d should", a, b, p.A, x)
				}
				x++
			}
			if p.B >= 0 {
				if p.B != y {
					t.Fatalf("%q %q: item %d of the second comes where %d should", a, b, p.B, y)
				}
				y++
			}
			if p.A >= 0 && p.B >= 0 {
				matched++
				if a[p.A] != b[p.B] {
					t.Fatalf("%q %q: %d matched with %d", a, b, p.A, p.B)
				}
			}
		}
		if x != len(a) || y != len(b) || matched != common(a, b) {
			t.Fatalf("%q %q: %d+%d items, %d matched; want %d", a, b, x, y, matched, common(a, b))
		}
	}
}

func randomBytes(rnd *rand.Rand) []byte {
	b := make([]byte, rnd.IntN(12))
	for i := range b {
		b[i] = 'a' + byte(rnd.IntN(3))
	}
	return b
}

func common(a, b []byte) int {
	row := make([]int, len(b)+1)
	for i := range a {
		diagonal := 0
		for j := range b {
			up := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(up, row[j])
			}
			diagonal = up
		}
	}
	return row[len(b)]
}
