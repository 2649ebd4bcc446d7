package loader_test

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/loader"
	"github.com/ebtrace/ebtrace/test/testenv"
)

// A tracer: the files that a command opens, as text on standard output.
func Example() {
	opens, _ := table.ParseCalls("openat")
	session, err := loader.Open(loader.Options{Enter: opens, Exit: opens, StrSize: 32})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer session.Close()
	sequence, decoder := events.NewSequencer(), decode.New(decode.Options{StrSize: 32})
	text := output.NewText(os.Stdout, output.Defaults())
	show := func(e *events.Event) error {
		event, err := decoder.Decode(e)
		if err != nil {
			return err
		}
		return text.Event(event)
	}
	pid, err := session.Launch(func() (int, error) {
		return syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}})
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan struct{})
	go func() { syscall.Wait4(pid, nil, 0, nil); close(ended) }()
	if err := session.Pump(sequence, show, text.Flush, ended, func() bool { return false }); err != nil {
		fmt.Println(err)
	}
}

func TestExample(t *testing.T) {
	testenv.NeedRoot(t)
	Example()
}
