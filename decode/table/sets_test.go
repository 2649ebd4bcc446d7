package table

import (
	"testing"
	"time"
)

func TestParseStatus(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Status
		err  string
	}{
		{"all", AllStatus, ""},
		{"none", 0, ""},
		{"!none", AllStatus, ""},
		{"failed", Failed, ""},
		{"failed,unfinished", Failed | Unfinished, ""},
		{"!failed", AllStatus &^ Failed, ""},
		{"!!failed", Failed, ""},
		{"unavailable,detached,successful", Unavailable | Detached | Successful, ""},
		{"faild", 0, "invalid status 'faild' (did you mean 'failed'?)"},
		{"", 0, "invalid status ''"},
		{"failed,all", 0, "invalid status 'all'"},
	} {
		got, err := ParseStatus(c.in)
		if text(err) != c.err || got != c.want {
			t.Errorf("%q: %v, %v", c.in, got, err)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestParseErrnos(t *testing.T) {
	const (
		ok, eperm, enoent, eagain, restart, last = 0, 1, 2, 11, 512, 4095
	)
	for _, c := range []struct {
		in       string
		has, not []int
	}{
		{"ENOENT", []int{enoent}, []int{ok, eperm, eagain, last}},
		{"ENOENT,EAGAIN", []int{enoent, eagain}, []int{ok, eperm}},
		{"EWOULDBLOCK", []int{eagain}, []int{ok}},
		{"ERESTARTSYS", []int{restart}, []int{ok}},
		{"enoent", []int{enoent}, []int{ok}},
		{"2", []int{enoent}, []int{ok, eperm}},
		{"4095", []int{last}, []int{ok}},
		{"!EAGAIN", []int{ok, eperm, enoent, last}, []int{eagain, -1, 4096}},
		{"all", []int{eperm, last}, []int{ok}},
		{"none", []int{ok}, []int{eperm, last}},
		{"!all", []int{ok}, []int{eperm, last}},
	} {
		s, err := ParseErrnos(c.in)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		for _, e := range c.has {
			if !s.Has(e) {
				t.Errorf("%q lacks %d", c.in, e)
			}
		}
		for _, e := range c.not {
			if s.Has(e) {
				t.Errorf("%q has %d", c.in, e)
			}
		}
	}
	for in, want := range map[string]string{
		"enoet": "invalid errno 'enoet' (did you mean 'ENOENT'?)",
		"0":     "invalid errno '0'",
		"4096":  "invalid errno '4096'",
		"":      "invalid errno ''",
	} {
		if _, err := ParseErrnos(in); text(err) != want {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestParseSignals(t *testing.T) {
	for _, c := range []struct {
		in   string
		want SignalSet
		err  string
	}{
		{"all", AllSignals, ""},
		{"none", 0, ""},
		{"SIGTERM", 1 << 14, ""},
		{"term", 1 << 14, ""},
		{"15,HUP", 1<<14 | 1, ""},
		{"!SIGCHLD", AllSignals &^ (1 << 16), ""},
		{"RTMIN", 1 << 31, ""},
		{"RTMIN+2", 1 << 33, ""},
		{"SIGRT_1", 1 << 32, ""},
		{"SIGRTMAX", 1 << 63, ""},
		{"RTMAX-1", 1 << 62, ""},
		{"RTMAX-33", 0, "invalid signal 'RTMAX-33'"},
		{"RTMIN+33", 0, "invalid signal 'RTMIN+33'"},
		{"0", 0, "invalid signal '0'"},
		{"65", 0, "invalid signal '65'"},
		{"SIGTEMR", 0, "invalid signal 'SIGTEMR' (did you mean 'SIGTERM'?)"},
	} {
		got, err := ParseSignals(c.in)
		if text(err) != c.err || got != c.want {
			t.Errorf("%q: %#x, %v", c.in, uint64(got), err)
		}
	}
}

func TestParseFDs(t *testing.T) {
	for _, c := range []struct {
		in       string
		has, not []int32
	}{
		{"3", []int32{3}, []int32{0, 4, -1}},
		{"5,3,5", []int32{3, 5}, []int32{4}},
		{"!0,1,2", []int32{3, 100}, []int32{0, 1, 2}},
		{"all", []int32{0, 1 << 30}, nil},
		{"none", nil, []int32{0, 1 << 30}},
		{"!all", nil, []int32{0}},
		{"!none", []int32{0}, nil},
	} {
		s, err := ParseFDs(c.in)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		for _, fd := range c.has {
			if !s.Has(fd) {
				t.Errorf("%q lacks %d", c.in, fd)
			}
		}
		for _, fd := range c.not {
			if s.Has(fd) {
				t.Errorf("%q has %d", c.in, fd)
			}
		}
	}
	for _, in := range []string{"", "x", "-1", "2147483648", "3;4"} {
		if _, err := ParseFDs(in); err == nil {
			t.Errorf("%q: no error", in)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for _, c := range []struct {
		in   string
		want time.Duration
		ok   bool
	}{
		{"10ms", 10 * time.Millisecond, true},
		{"0.5", 500 * time.Millisecond, true},
		{"1.5s", 1500 * time.Millisecond, true},
		{"250us", 250 * time.Microsecond, true},
		{"7ns", 7, true},
		{"1e-3", time.Millisecond, true},
		{"0", 0, true},
		{"-1", 0, false},
		{"", 0, false},
		{"ms", 0, false},
		{"10 ms", 0, false},
		{"NaN", 0, false},
		{"Inf", 0, false},
		{"1e10", 0, false},
		{"5m", 0, false},
	} {
		got, err := ParseDuration(c.in)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%q: %v, %v", c.in, got, err)
		}
	}
}

func FuzzParseSets(f *testing.F) {
	for _, s := range []string{"all", "!failed", "ENOENT,!", "SIGRT_3", "3,4", "10ms"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if st, err := ParseStatus(s); err == nil && st&^AllStatus != 0 {
			t.Fatal("status", st)
		}
		if e, err := ParseErrnos(s); (e == nil) == (err == nil) {
			t.Fatal("errnos")
		}
		if n, ok := SignalNumber(s); ok && (n < 1 || n > 64) {
			t.Fatal("signal", n)
		}
		_, _ = ParseSignals(s)
		if fds, err := ParseFDs(s); (fds == nil) == (err == nil) {
			t.Fatal("fds")
		}
		if d, err := ParseDuration(s); err == nil && d < 0 {
			t.Fatal("duration", d)
		}
	})
}
