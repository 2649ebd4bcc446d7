package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ebtrace/ebtrace/vmtest/protocol"
)

// tailLines is how much of a console is shown of a guest that went wrong.
const tailLines = 40

// console reads what a guest says.
type console struct {
	verbose  bool
	began    time.Time
	started  bool // init ran
	exited   bool // init ran everything
	bootTime time.Duration
	release  string
	inside   string // test binary that runs; "" none
	passed   int
	failed   []string
	skipped  []skipped
	broken   []string // binaries that ended other than well, troubles of init
	figures  map[string]string
	costs    []protocol.Line
	tail     []string
	running  string              // test that says the next lines
	said     map[string][]string // what each test has said
	detail   []string            // output of failed tests
}

type skipped struct{ test, reason string }

func newConsole(verbose bool) *console {
	return &console{verbose: verbose, began: time.Now(), figures: map[string]string{}, said: map[string][]string{}}
}

// Lines of go test -v: of a test that ends, and of one that says what follows.
var (
	resultLine = regexp.MustCompile(`^\s*--- (PASS|FAIL|SKIP): (\S+)`)
	nameLine   = regexp.MustCompile(`^=== (?:RUN|NAME|CONT|PAUSE) +(\S+)`)
)

func (c *console) add(line string) {
	if c.verbose {
		fmt.Println("  | " + line)
	}
	if l, ok := protocol.Decode(line); ok {
		c.event(l)
		return
	}
	if strings.TrimSpace(line) == "" {
		return
	}
	c.tail = append(c.tail, line)
	if len(c.tail) > tailLines {
		c.tail = c.tail[1:]
	}
	if m := resultLine.FindStringSubmatch(line); m != nil {
		c.test(m[1], m[2])
	} else if m := nameLine.FindStringSubmatch(line); m != nil {
		c.running = m[1]
	} else {
		c.said[c.running] = append(c.said[c.running], line)
	}
}

func (c *console) test(verdict, name string) {
	said := c.said[name]
	delete(c.said, name)
	name = c.inside + "." + name
	switch verdict {
	case "PASS":
		c.passed++
	case "FAIL":
		c.failed = append(c.failed, name)
		c.detail = append(append(c.detail, name+":"), said...)
	case "SKIP":
		last := ""
		if len(said) > 0 {
			last = strings.TrimSpace(said[len(said)-1])
		}
		c.skipped = append(c.skipped, skipped{name, last})
	}
}

func (c *console) event(l protocol.Line) {
	switch l.Event {
	case protocol.Start:
		c.started, c.release, c.bootTime = true, l.Text, time.Since(c.began)
	case protocol.Begin:
		c.inside = l.Text
	case protocol.End:
		c.inside = ""
		if l.Status != "0" && (l.Status != "1" || len(c.failed) == 0) {
			c.broken = append(c.broken, l.Text+" ended with status "+l.Status)
			c.detail = append(append(c.detail, l.Text+":"), c.tail...)
		}
	case protocol.Trouble:
		c.broken = append(c.broken, l.Text)
	case protocol.Figure:
		c.figures[l.Text] = l.Status
	case protocol.Cost:
		c.costs = append(c.costs, l)
	case protocol.Exit:
		c.exited = true
	}
}
