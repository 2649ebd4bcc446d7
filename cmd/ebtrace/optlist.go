package main

import (
	"strconv"

	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
)

// group is a heading of the help text and the options under it.
type group struct {
	title string
	flags []flagDef
}

// groups is every option, in the order of the help text.
var groups = []group{
	{"What to run or attach to", startFlags},
	{"Which events", selectFlags},
	{"Below the calls", belowFlags},
	{"Where the trace goes", outputFlags},
	{"How it looks", textFlags},
	{"Summary", countFlags},
	{"Stopping and changing calls (with ptrace)", enforceFlags},
	{"Other", otherFlags},
}

// on makes the setter of an option that switches something on.
func on(p func(o *options) *bool) func(*options, string) error {
	return func(o *options, _ string) error {
		*p(o) = true
		return nil
	}
}

// qual makes the setter of an option that is the same as -e NAME=VALUE. A bare
// one stands for the value given.
func qual(name, ifBare string) func(*options, string) error {
	return func(o *options, v string) error {
		if v == bare {
			v = ifBare
		}
		return qualify(o, name, v)
	}
}

func accepted(*options, string) error { return nil }

var startFlags = []flagDef{
	{"p", "pid", "PID", "trace the process PID, its threads and all its\ndescendants; several: -p 1,2 or -p \"$(pgrep x)\"", setPIDs},
	{"", "no-descendants", "", "with -p: leave existing children alone", on(func(o *options) *bool { return &o.noDescendants })},
	{"f", "follow-forks", "", "trace children as they are made (the default)", setFollow},
	{"", "no-follow", "", "do not trace children", on(func(o *options) *bool { return &o.noFollow })},
	{"E", "env", "VAR[=VAL]", "set VAR for the command; without = remove it", setEnv},
	{"u", "user", "USER", "run the command as USER, with its groups", setString(func(o *options) *string { return &o.user })},
	{"", "argv0", "NAME", "the command's argv[0]", setString(func(o *options) *string { return &o.argv0 })},
}

var selectFlags = []flagDef{
	{"e", "", "EXPR", "one of the sets below as NAME=SET; alone: trace=SET", func(o *options, v string) error { return setQualifier(o, v) }},
	{"", "trace", "SET", "calls: names, %class, /regex, name@32, all, none;\n! before the set negates it, ? excuses an unknown name", qual("trace", "")},
	{"", "enter", "SET", "calls of which only the entry is traced", qual("enter", "")},
	{"", "exit", "SET", "calls of which only the exit is traced", qual("exit", "")},
	{"", "status", "SET", "successful, failed, unfinished, unavailable, detached", qual("status", "")},
	{"z", "successful-only", "", "the same as -e status=successful", func(o *options, _ string) error { o.sel.status = table.Successful; return nil }},
	{"Z", "failed-only", "", "the same as -e status=failed", func(o *options, _ string) error { o.sel.status = table.Failed; return nil }},
	{"", "errno", "SET", "calls that failed so: ENOENT,EPERM or !EAGAIN", qual("errno", "")},
	{"", "signal", "SET", "signals: SIGTERM,!CHLD, none", qual("signal", "")},
	{"", "fd", "SET", "calls on these descriptors", qual("fd", "")},
	{"P", "trace-path", "PATH", "calls that access PATH; repeatable", setPath},
	{"", "duration", "MIN", "calls that took at least MIN: 10ms, 0.5", setDuration},
	{"", "comm", "NAME[,NAME]", "threads of this name", setComms},
	{"", "uid", "USER[,USER]", "processes of this user, name or number", setUIDs},
}

var belowFlags = []flagDef{
	{"", "vfs", "[=SET]", "what calls do in the file system; of it\nopen,read,write,...; best: what this kernel shows", askLayer(belowVFS)},
	{"", "vfs-path", "PREFIX", "of that, on files at or below this path; repeatable", narrow(belowVFS, "-path", addPrefix)},
	{"", "vfs-fs", "TYPE[,TYPE]", "of that, on file systems of this type: ext4,tmpfs", narrow(belowVFS, "-fs", setFileSystems)},
	{"", "vfs-device", "MAJ:MIN", "of that, on the file system of this device; repeatable", narrow(belowVFS, "-device", addDevice)},
	{"", "vfs-duration", "MIN", "of that, what took at least MIN: 10ms, 0.5", narrow(belowVFS, "-duration", setMinTime)},
	{"", "vfs-bytes", "MIN", "of that, what moved at least MIN bytes", narrow(belowVFS, "-bytes", setMinBytes)},
	{"", "vfs-error", "[=SET]", "of that, what failed; so: ENOENT,EIO or !EAGAIN", narrow(belowVFS, "-error", setErrors)},
	{"", "net", "[=SET]", "what calls do with sockets, and what happens to\nthese; of it connect,send,...; best: as above", askLayer(belowNet)},
	{"", "net-addr", "RANGE", "of that, with this address at either end; repeatable:\nADDR[/BITS][:PORT[-PORT]], [ADDR]:PORT, :PORT", narrow(belowNet, "-addr", addAddr)},
	{"", "net-duration", "MIN", "of that, what took at least MIN", narrow(belowNet, "-duration", setMinTime)},
	{"", "net-bytes", "MIN", "of that, what moved at least MIN bytes", narrow(belowNet, "-bytes", setMinBytes)},
	{"", "net-error", "[=SET]", "of that, what failed", narrow(belowNet, "-error", setErrors)},
	{"", "uring", "[=SET]", "requests of io_uring, as calls of who submits them;\nof it openat,read,...; none: not with --vfs, --net", askLayer(belowURing)},
}

var outputFlags = []flagDef{
	{"o", "output", "FILE", "to FILE instead of standard error; '|cmd': a pipe", setOutput},
	{"A", "output-append-mode", "", "append to FILE", on(func(o *options) *bool { return &o.out.append })},
	{"", "output-separately", "", "a file per thread: FILE.TID; -ff is the same", on(func(o *options) *bool { return &o.out.separately })},
	{"", "json", "[=nested]", "one JSON object per line (docs/schema.json); nested:\nwith what was done below a call as a part of it", setJSON},
	{"", "buffer", "SIZE", "size of the ring between kernel and ebtrace (4M a CPU)", setBuffer},
	{"", "fail-on-loss", "", "exit with 125 if an event was lost", on(func(o *options) *bool { return &o.failOnLoss })},
}

var textFlags = []flagDef{
	{"s", "string-limit", "N", "show at most N bytes of a string (32); paths are whole", setStrLimit},
	{"v", "no-abbrev", "", "show every member, every environment string", on(func(o *options) *bool { return &o.text.Verbose })},
	{"x", "", "", "strings with other than ASCII in hex; -xx: all strings", setHexShort},
	{"", "strings-in-hex", "[=HOW]", "none, non-ascii-chars, non-ascii, all", setHexLong},
	{"X", "const-print-style", "HOW", "named constants: raw, abbrev, verbose", setConstants},
	{"y", "decode-fds", "[=SET]", "paths of descriptors; -yy: sockets and devices too", setFDs},
	{"Y", "decode-pids", "[=comm]", "thread names beside ids", setPIDNames},
	{"t", "", "", "time of day; -tt: with microseconds; -ttt: since 1970", setClockShort},
	{"", "absolute-timestamps", "[=FORMAT]", "none, time, unix; and s, ms, us, ns", setClockLong},
	{"r", "relative-timestamps", "[=UNIT]", "time since the line before", setPrecision(func(o *options) (*bool, *output.Digits) { return &o.text.Rel, &o.text.RelDig })},
	{"T", "syscall-times", "[=UNIT]", "time spent in each call; with --vfs or --net, or\n=split or =UNIT,split: what for", setSpent},
	{"i", "instruction-pointer", "", "where each call was made", on(func(o *options) *bool { return &o.text.IP })},
	{"n", "syscall-number", "", "number of each call", on(func(o *options) *bool { return &o.text.Number })},
	{"a", "columns", "N", "column of the results (40)", setAlign},
	{"q", "quiet", "[=SET]", "no messages of attaching; -qq: nor of exits; -qqq: none", setQuiet},
	{"", "always-show-pid", "", "a pid on every line", func(o *options, _ string) error { o.text.Prefix = output.PrefixAlways; return nil }},
}

var countFlags = []flagDef{
	{"c", "summary-only", "", "a table of times, calls and errors instead of the trace", on(func(o *options) *bool { return &o.counts.only })},
	{"C", "summary", "", "the table after the trace", on(func(o *options) *bool { return &o.counts.also })},
	{"w", "summary-wall-clock", "", "the same: times are always from begin to end of a call", on(func(o *options) *bool { return &o.counts.wall })},
	{"S", "summary-sort-by", "KEY", "time, min-time, max-time, avg-time, calls, errors, bytes,\nname, nothing", setSort},
	{"U", "summary-columns", "LIST", "time-percent, total-time, min-time, max-time, avg-time,\ncalls, errors, bytes (of work below the calls), name", setColumns},
}

var enforceFlags = []flagDef{
	{"", "enforce", "POLICY", "stop what the rules in the file POLICY name; see\n'ebtrace policy'", setPolicy},
	{"", "ask", "WHO", "who answers where a rule asks: tty (ebtrace's terminal),\nanother terminal as /dev/pts/3, unix:SOCKET, or a program", func(o *options, v string) error { o.ask = v; return nil }},
	{"", "inject", "RULE", "SET[:error=E|:retval=N[:syscall=NAME]][:signal=S]\n[:delay_enter=T][:delay_exit=T][:poke_enter=@argN=HEX]\n[:poke_exit=...][:when=FIRST[..LAST][+[STEP]]];\nalso -e inject=RULE", qual("inject", "")},
	{"", "fault", "RULE", "SET[:error=E][:when=...]: the same with ENOSYS", qual("fault", "")},
}

var otherFlags = []flagDef{
	{"I", "interruptible", "N", "", setInterruptible},
	{"", "abbrev", "SET", "", qual("abbrev", "")},
	{"", "verbose", "SET", "", qual("verbose", "")},
	{"", "raw", "SET", "", qual("raw", "")},
	{"", "seccomp-bpf", "", "", accepted},
	{"", "tips", "[=HOW]", "", accepted},
	{"h", "help", "", "this text", on(func(o *options) *bool { return &o.help })},
	{"V", "version", "", "the version", on(func(o *options) *bool { return &o.version })},
}

// setInterruptible checks and forgets -I: ebtrace can be interrupted at any
// time without harm to what it traces.
func setInterruptible(_ *options, v string) error {
	switch v {
	case "anywhere", "waiting", "never", "never_tstp":
		return nil
	}
	if n, err := strconv.Atoi(v); err != nil || n < 1 || n > 4 {
		return badValue("-I", v)
	}
	return nil
}
