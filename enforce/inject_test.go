package enforce

import (
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/decode/table"
)

// TestParseInject: what strace 6.1 takes and what it refuses.
func TestParseInject(t *testing.T) {
	for _, c := range []struct {
		expr  string
		fault bool
		ok    bool
	}{
		{"getppid", false, false}, {"getppid", true, true}, {"getppid:", false, false}, {"getppid:", true, true},
		{"getppid:error=FOO", false, false}, {"getppid:error=0", false, false}, {"getppid:error=4096", false, false},
		{"getppid:error=4095", false, true}, {"getppid:error=eio", false, true}, {"getppid:error=5:error=6", false, false},
		{"getppid:retval=0x10", false, true}, {"getppid:retval=1", true, false}, {"getppid:retval=1:error=3", false, false},
		{"getppid:signal=0", false, false}, {"getppid:signal=FOO", false, false}, {"getppid:signal=SIGUSR1", false, true},
		{"getppid:delay_enter=-1", false, false}, {"getppid:delay_enter=3x", false, false}, {"getppid:delay_enter=1m", false, false},
		{"getppid:delay_exit=2ms", false, true}, {"getppid:when=1", false, false}, {"getppid:when=1", true, true},
		{"getppid:error=EIO:when=0", false, false}, {"getppid:error=EIO:when=3..1", false, false},
		{"getppid:error=EIO:when=1+0", false, false}, {"getppid:error=EIO:when=70000", false, false},
		{"getppid:error=EIO:when=2..", false, false}, {"getppid:error=EIO:when=2+3..4", false, false},
		{"getppid:error=EIO:when=2..65535", false, false}, {"getppid:error=EIO:when=2..65534+3", false, true},
		{"nosuch:error=EIO", false, false}, {"getppid:foo=1", false, false},
		{"read:poke_enter=@arg2=00ff", false, true}, {"read:poke_enter=@arg0=00", false, false}, {"read:poke_exit=@arg2=0", false, false},
	} {
		if _, err := ParseInject(c.expr, c.fault); (err == nil) != c.ok {
			t.Errorf("%q fault=%v: %v", c.expr, c.fault, err)
		}
	}
}

func TestWhen(t *testing.T) {
	for expr, want := range map[string]string{
		"3": "..x......", "3+": "..xxxxxxx", "2+3": ".x..x..x.", "2..4": ".xxx.....", "1..6+2": "x.x.x....", "4..4+": "...x.....",
	} {
		w, err := ParseWhen(expr)
		if err != nil {
			t.Fatal(expr, err)
		}
		got := ""
		for n := 1; n <= len(want); n++ {
			if w.Has(n) {
				got += "x"
			} else {
				got += "."
			}
		}

		if got != want {
			t.Errorf("%s: %s, want %s", expr, got, want)
		}
	}
}

func TestDelayUnits(t *testing.T) {
	for s, want := range map[string]time.Duration{"10000": 10 * time.Millisecond, "20ms": 20 * time.Millisecond, "1s": time.Second, "7us": 7 * time.Microsecond} {
		if d, err := parseDelay(s); err != nil || d != want {
			t.Errorf("%s: %v %v", s, d, err)
		}
	}
}

// TestLastInjectionCounts: of expressions that name a call, the last.
func TestLastInjectionCounts(t *testing.T) {
	a, _ := ParseInject("openat,close:error=EIO", false)
	b, _ := ParseInject("close:retval=0", false)
	rules := Injections([]*Rule{a, b})
	nr, _ := table.Number(table.AMD64, "close")
	for _, r := range rules {
		for _, n := range r.Calls[table.AMD64] {
			if n == nr && r.Action.Decision != Return {
				t.Error("close is still in the first expression")
			}
		}
	}
	if len(rules) != 2 || len(rules[1].Calls[table.AMD64]) != 1 {
		t.Errorf("%+v", rules)
	}
}

func FuzzParseInject(f *testing.F) {
	f.Add("openat:error=EIO:when=1..3+2", false)
	f.Fuzz(func(t *testing.T, s string, fault bool) {
		if r, err := ParseInject(s, fault); err == nil {
			(&Config{Rules: []Rule{*r}, Harden: true}).Filter()
		}
	})
}
