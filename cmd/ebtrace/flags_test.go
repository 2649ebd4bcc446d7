package main

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
)

// parsed is the options of a command line that is good.
func parsed(t *testing.T, line string) *options {
	t.Helper()
	o, err := parseArgs(strings.Fields(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return o
}

func TestLetters(t *testing.T) {
	o := parsed(t, "-fttTyyxxinv -s100 -a 60 -qq -X verbose prog -f x")
	want := output.Defaults()
	want.Stamp, want.StampDig, want.Spent = output.ClockTime, output.Micro, true
	want.Files, want.Hex, want.IP, want.Number, want.Verbose = output.FileAll, output.HexAll, true, true, true
	want.StrSize, want.Column, want.Style = 100, 60, output.Verbose
	want.Quiet = output.QuietAttach | output.QuietPersonality | output.QuietExit
	if !reflect.DeepEqual(o.text, want) {
		t.Errorf("got  %+v\nwant %+v", o.text, want)
	}
	if !slices.Equal(o.command, []string{"prog", "-f", "x"}) {
		t.Errorf("command %q", o.command)
	}
}

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		line   string
		stamp  output.Stamp
		digits output.Digits
	}{
		{"x", output.NoStamp, output.Sec},
		{"-t x", output.ClockTime, output.Sec},
		{"-tt x", output.ClockTime, output.Micro},
		{"-t -t -t x", output.UnixTime, output.Micro},
		{"-tttt x", output.UnixTime, output.Micro},
		{"--absolute-timestamps x", output.ClockTime, output.Sec},
		{"--absolute-timestamps=ms x", output.ClockTime, output.Milli},
		{"--absolute-timestamps=unix,ns x", output.UnixTime, output.Nano},
		{"--timestamps=format:unix,precision:us x", output.UnixTime, output.Micro},
		{"-tt --absolute-timestamps=none x", output.NoStamp, output.Sec},
	} {
		if o := parsed(t, c.line); o.text.Stamp != c.stamp || o.text.StampDig != c.digits {
			t.Errorf("%s: %d %d", c.line, o.text.Stamp, o.text.StampDig)
		}
	}
	o := parsed(t, "-r --syscall-times=ns x")
	if !o.text.Rel || o.text.RelDig != output.Micro || !o.text.Spent || o.text.SpentDig != output.Nano {
		t.Errorf("%+v", o.text)
	}
}

func TestSplit(t *testing.T) {
	for line, want := range map[string]struct {
		split bool
		dig   output.Digits
	}{
		"-T x": {false, output.Micro}, "-T --vfs x": {true, output.Micro}, "--vfs x": {false, output.Micro},
		"--syscall-times=split x": {true, output.Micro}, "--syscall-times=ns,split --net --vfs x": {true, output.Nano},
		"--syscall-times=split,ms x": {true, output.Milli}, "-c -T --vfs x": {false, output.Micro},
	} {
		if o := parsed(t, line); o.splits() != want.split || o.text.SpentDig != want.dig {
			t.Errorf("%s: %v %d", line, o.splits(), o.text.SpentDig)
		}
	}
	for _, line := range []string{"--syscall-times=ns,ms x", "--syscall-times=splt x"} {
		if _, err := parseArgs(strings.Fields(line)); err == nil {
			t.Errorf("%s is accepted", line)
		}
	}
}

// TestTimed: a layer whose operations have no begin has no share of the time.
func TestTimed(t *testing.T) {
	for _, c := range []struct {
		means map[string]string
		want  bool
	}{
		{nil, false},
		{map[string]string{"read": "fentry"}, true},
		{map[string]string{"connect": "kprobe", "state": tracepoint}, true},
		{map[string]string{"connect": "kprobe", "send": tracepoint}, false},
		{map[string]string{"state": tracepoint}, false},
	} {
		if timed(c.means) != c.want {
			t.Error(c.means)
		}
	}
}

func TestPIDs(t *testing.T) {
	o, err := parseArgs([]string{"-p", "1,2", "--pid", "3\n4 5\t1", "--attach=6"})
	if err != nil || !slices.Equal(o.pids, []int{1, 2, 3, 4, 5, 6}) {
		t.Errorf("%v %v", o, err)
	}
}

func TestSelection(t *testing.T) {
	o := parsed(t, "-e signal=!CHLD -e status=failed -e errno=ENOENT -e fd=3 --duration 10ms --comm a,b --uid 0,7 x")
	s := &o.sel
	if s.signals.Has(17) || !s.signals.Has(1) || s.status != table.Failed || !s.errnos.Has(2) || s.errnos.Has(1) ||
		!s.fds.Has(3) || s.fds.Has(4) || s.minDuration != 10*time.Millisecond ||
		!slices.Equal(s.comms, []string{"a", "b"}) || !slices.Equal(s.uids, []uint32{0, 7}) {
		t.Errorf("%+v", s)
	}
	for line, want := range map[string]table.Status{"-z x": table.Successful, "-Z x": table.Failed, "-z -Z x": table.Failed, "x": table.AllStatus} {
		if o := parsed(t, line); o.sel.status != want {
			t.Errorf("%s: %b", line, o.sel.status)
		}
	}
}

// TestHalves looks at openat (257) and read (0) of amd64.
func TestHalves(t *testing.T) {
	type pair struct{ enter, exit bool }
	for line, want := range map[string][2]pair{
		"x":                               {{true, true}, {true, true}},
		"-e openat x":                     {{true, true}, {false, false}},
		"-e read -e openat x":             {{true, true}, {false, false}}, // the last one counts
		"-e t=openat x":                   {{true, true}, {false, false}},
		"--trace=openat x":                {{true, true}, {false, false}},
		"-e !openat x":                    {{false, false}, {true, true}},
		"-e enter=openat x":               {{true, false}, {false, false}},
		"-e exit=openat x":                {{false, true}, {false, false}},
		"-e enter=openat -e exit=read x":  {{true, false}, {false, true}},
		"-e trace=read -e enter=openat x": {{true, false}, {true, true}},
		"-e /^openat$ x":                  {{true, true}, {false, false}},
	} {
		enter, exit := parsed(t, line).sel.halves()
		got := [2]pair{{enter.Has(table.AMD64, 257), exit.Has(table.AMD64, 257)}, {enter.Has(table.AMD64, 0), exit.Has(table.AMD64, 0)}}
		if got != want {
			t.Errorf("%s: %v, want %v", line, got, want)
		}
	}
}

func TestOutputOptions(t *testing.T) {
	if o := parsed(t, "-ff -o out x"); !o.out.separately || o.out.file != "out" {
		t.Errorf("%+v", o.out)
	}
	if o := parsed(t, "-f -f -o out x"); !o.out.separately {
		t.Errorf("%+v", o.out)
	}
	if o := parsed(t, "-ff x"); o.out.separately {
		t.Error("files per thread without a name")
	}
	if o := parsed(t, "-A --output=out --buffer 3M --json --fail-on-loss x"); !o.out.append || o.buffer != 4<<20 || !o.json || !o.failOnLoss {
		t.Errorf("%+v", o)
	}
	for size, want := range map[string]int{"1": 4096, "4096": 4096, "5000": 8192, "512k": 512 << 10, "16MiB": 16 << 20, "1G": 1 << 30} {
		if o := parsed(t, "--buffer="+size+" x"); o.buffer != want {
			t.Errorf("--buffer=%s: %d", size, o.buffer)
		}
	}
}

func TestEnv(t *testing.T) {
	o := parsed(t, "-E A=1 -E B --env=C=x=y -E A=2 -u root --argv0=z x")
	got := environ([]string{"A=0", "B=0", "D=0"}, o.env)
	if !slices.Equal(got, []string{"A=2", "D=0", "C=x=y"}) || o.user != "root" || o.argv0 != "z" {
		t.Errorf("%q %+v", got, o)
	}
}

func TestAccepted(t *testing.T) {
	for _, line := range []string{
		"--seccomp-bpf x", "-I 3 x", "-I never x", "--interruptible=2 x", "--tips x", "--tips=full x",
		"-c -w -S calls -U name,calls x", "-C x", "--decode-fds=path,socket x", "--decode-pids=comm x",
		"-Y x", "--abbrev=none x", "-e verbose=all x", "-e q=all x", "--quiet=attach,exit x", "--rel x", "-e abbrev=!all x",
		"-P /etc/passwd x", "--trace-path /x x", "-p 1 -- x", "--always-show-pid x", "--no-follow --no-descendants -p 1", "-V",
	} {
		parsed(t, line)
	}
	if o := parsed(t, "-- -x"); !slices.Equal(o.command, []string{"-x"}) {
		t.Errorf("%q", o.command)
	}
	if o := parsed(t, "-e abbrev=none x"); !o.text.Verbose {
		t.Error("abbrev=none is not -v")
	}
}

func TestRefusedLines(t *testing.T) {
	for line, want := range map[string]string{
		"":                      "must have PROG [ARGS] or -p PID; see 'ebtrace --help'",
		"-f":                    "must have PROG [ARGS] or -p PID; see 'ebtrace --help'",
		"-W x":                  "invalid option -- 'W'; see 'ebtrace --help'",
		"--flow x":              "unrecognized option '--flow' (did you mean '--follow'?)",
		"--nonsense x":          "unrecognized option '--nonsense'; see 'ebtrace --help'",
		"--summary- x":          "option '--summary-' is ambiguous: --summary-columns, --summary-only, --summary-sort-by, --summary-syscall-overhead, --summary-wall-clock",
		"--json=x y":            "invalid --json argument: 'x': it is nested, or none",
		"-s":                    "option requires an argument -- 's'",
		"--pid":                 "option '--pid' requires an argument",
		"-s x y":                "invalid -s argument: 'x'",
		"-s -1 y":               "invalid -s argument: '-1'",
		"-a x y":                "invalid -a argument: 'x'",
		"-X foo y":              "invalid -X argument: 'foo'",
		"-I 9 y":                "invalid -I argument: '9'",
		"-p 0":                  "Invalid process id: '0'",
		"-p abc":                "Invalid process id: 'abc'",
		"-p 1,x":                "Invalid process id: 'x'",
		"-p 4294967297":         "Invalid process id: '4294967297'",
		"-e nosuch x":           "invalid system call 'nosuch'",
		"-e trace=opne x":       "invalid system call 'opne' (did you mean 'open'?)",
		"-e tarce=open x":       "invalid qualifier 'tarce' in -e 'tarce=open' (did you mean 'trace'?)",
		"-k x":                  "-k/--stack-traces is not available: stack traces are not supported yet",
		"-DD x":                 "-D/--daemonize is not available: to trace a process that is not ebtrace's child, start it first and use -p PID",
		"-e read=3 x":           "-e read= is not available: dumps of what is read are not supported yet; -s N shows more of each string",
		"-e abbrev=open x":      "-e abbrev=open is not available: it is for all calls or none",
		"-e status=faild x":     "invalid status 'faild' (did you mean 'failed'?)",
		"-e errno=ENOET x":      "invalid errno 'ENOET' (did you mean 'ENOENT'?)",
		"-e signal=foo x":       "invalid signal 'foo'",
		"-e quiet=foo x":        "invalid quiet 'foo'",
		"-e fd=x y":             "invalid descriptor 'x'",
		"--duration 5x y":       "invalid duration '5x': a number of seconds, or one with s, ms, us or ns",
		"--decode-fds=scoket x": "invalid decode-fds 'scoket' (did you mean 'socket'?)",
		"-S foo -c x":           "invalid sortby: 'foo'",
		"-U foo -c x":           "unknown column name: 'foo'",
		"-U calls,count -c x":   "call summary column has been provided more than once: 'count'",
		"-c -C x":               "-c/--summary-only and -C/--summary are mutually exclusive",
		"-c -ff -o x y":         "(-c/--summary-only or -C/--summary) and -ff/--output-separately are mutually exclusive",
		"-c --json y":           "(-c/--summary-only or -C/--summary) and --json are mutually exclusive",
		"-ff -o |cat y":         "piping the output and -ff/--output-separately are mutually exclusive",
		"-o |cat -A y":          "piping the output and -A/--output-append-mode are mutually exclusive",
		"-A y":                  "-A/--output-append-mode needs -o FILE",
		"-o | y":                "invalid -o argument: '|'",
		"-u root -p 1":          "-u/--user is of use with a command only",
		"-E A=1 -p 1":           "-E/--env is of use with a command only",
		"-E =1 x":               "invalid -E argument: '=1'",
		"--buffer 2G x":         "invalid --buffer argument: '2G': a size such as 512K or 16M, at most 1G",
		"--buffer x y":          "invalid --buffer argument: 'x': a size such as 512K or 16M, at most 1G",
		"--uid nosuchuser x":    "Cannot find user 'nosuchuser'",
		"-e nosuch -W --foo x":  "invalid system call 'nosuch'", // the first of several
	} {
		_, err := parseArgs(strings.Fields(line))
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", line, err, want)
		}
	}
}

// TestHelp looks for every option in the help text, and for lines too long.
func TestHelp(t *testing.T) {
	var b bytes.Buffer
	if err := printHelp(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if len(line) > 92 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	for _, opt := range []string{"-p, --pid PID", "-e EXPR", "--json[=nested]", "--duration MIN", "-x ", "--decode-fds[=SET]"} {
		if !strings.Contains(b.String(), opt) {
			t.Errorf("help lacks %s", opt)
		}
	}
}

func FuzzParseArgs(f *testing.F) {
	for _, s := range []string{"-fttT x", "-e trace=%file -o x y", "--buffer=3M --json x", "-p 1,2", "-e inject=x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if o, err := parseArgs(strings.Split(line, " ")); err == nil && o == nil {
			t.Fatal("neither options nor error")
		}
	})
}
