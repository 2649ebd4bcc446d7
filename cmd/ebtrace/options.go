package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/enforce"
	"github.com/ebtrace/ebtrace/enforce/policy"
)

// options is what the command line asks for.
type options struct {
	args    []string // ebtrace's own, as given
	command []string // program and arguments; empty: attach only
	argv0   string   // "": command[0]
	env     []envChange
	user    string // "": as ebtrace itself
	pids    []int

	noFollow      bool // children of traced processes are left alone
	followSeen    bool // a -f has been read
	noDescendants bool // -p: existing descendants are left alone

	sel    selection
	out    outputTo
	text   output.Options
	counts countsAsked

	inject []*enforce.Rule // -e inject=, -e fault=
	policy *policy.Policy  // --enforce; nil: none
	ask    string          // --ask; "": the terminal
	below  [numBelow]layerAsked
	split  bool // --syscall-times=split

	json       bool
	buffer     int // bytes per ring; 0: the loader's default
	failOnLoss bool
	help       bool

	version bool
}

// envChange sets a variable of the command's environment, or removes it.
type envChange struct {
	name, value string
	remove      bool
}

// selection is which events are wanted.
type selection struct {
	trace       *table.CallSet // -e trace=: both halves; nil: not given
	enter, exit *table.CallSet // -e enter=, -e exit=: one half; nil: not given
	status      table.Status
	errnos      *table.ErrnoSet // nil: any
	signals     table.SignalSet
	fds         *table.FDSet // nil: any
	paths       []string     // empty: any
	comms       []string     // empty: any
	uids        []uint32     // empty: any
	minDuration time.Duration
}

// halves returns the calls whose entries and whose exits are wanted. Halves
// that were asked for alone stand alone; beside -e trace they add to it.
func (s *selection) halves() (enter, exit *table.CallSet) {
	enter, exit = new(table.CallSet), new(table.CallSet)
	if s.trace == nil && s.enter == nil && s.exit == nil {
		return table.AllCalls(), table.AllCalls()
	}
	if s.trace != nil {
		enter.Add(s.trace)
		exit.Add(s.trace)
	}
	if s.enter != nil {
		enter.Add(s.enter)
	}
	if s.exit != nil {
		exit.Add(s.exit)
	}
	return enter, exit
}

// outputTo is where the trace goes.
type outputTo struct {
	file       string // "": standard error; "|cmd": a pipe
	append     bool
	separately bool // a file per thread
}

// piped returns the shell command that the trace is piped to.
func (o *outputTo) piped() (cmd string, ok bool) {
	if strings.HasPrefix(o.file, "|") || strings.HasPrefix(o.file, "!") {
		return o.file[1:], true
	}
	return "", false
}

// countsAsked is the summary wanted.
type countsAsked struct {
	only    bool // -c
	also    bool // -C
	wall    bool // -w; changes nothing: times are always of the clock
	order   output.Column
	columns []output.Column
}

func newOptions() *options {
	return &options{
		sel:  selection{status: table.AllStatus, signals: table.AllSignals},
		text: output.Defaults(),
	}
}

// check finds what is missing or does not go together.
func (o *options) check() error {
	_, piped := o.out.piped()
	summary := o.counts.only || o.counts.also
	switch {
	case len(o.command) == 0 && len(o.pids) == 0:
		return errors.New("must have PROG [ARGS] or -p PID; see 'ebtrace --help'")
	case len(o.command) == 0 && o.user != "":
		return errors.New("-u/--user is of use with a command only")
	case len(o.command) == 0 && len(o.env) > 0:
		return errors.New("-E/--env is of use with a command only")
	case len(o.command) == 0 && o.argv0 != "":
		return errors.New("--argv0 is of use with a command only")
	case o.counts.only && o.counts.also:
		return errors.New("-c/--summary-only and -C/--summary are mutually exclusive")
	case summary && o.out.separately:
		return errors.New("(-c/--summary-only or -C/--summary) and -ff/--output-separately are mutually exclusive")
	case !o.anyBelow() && (o.counts.order == output.ColBytes || slices.Contains(o.counts.columns, output.ColBytes)):
		return errors.New("bytes are counted of the work below the calls only: ask for some, as with --vfs")
	case summary && o.json:
		return errors.New("(-c/--summary-only or -C/--summary) and --json are mutually exclusive")
	case o.out.separately && piped:
		return errors.New("piping the output and -ff/--output-separately are mutually exclusive")
	case o.out.separately && o.json && o.out.file != "":
		return errors.New("--json and -ff/--output-separately are mutually exclusive")
	case o.out.append && o.out.file == "":
		return errors.New("-A/--output-append-mode needs -o FILE")
	case o.out.append && piped:
		return errors.New("piping the output and -A/--output-append-mode are mutually exclusive")
	case o.out.file == "" && o.out.separately:
		o.out.separately = false // as strace: without a file -ff is -f
	}
	if err := o.checkEnforce(); err != nil {
		return err
	}
	return o.checkLayers()
}
