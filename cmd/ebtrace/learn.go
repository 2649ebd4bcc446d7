package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/ebtrace/ebtrace/enforce/policy"
)

// learning is what 'ebtrace policy learn' was asked for.
type learning struct {
	output, oci string // files; "": standard output, none
	trace       string // a trace in JSON
	command     []string
}

// parseLearn reads the arguments of 'ebtrace policy learn'.
func parseLearn(args []string) (*learning, error) {
	l := &learning{}
	for len(args) > 0 {
		switch a := args[0]; {
		case (a == "-o" || a == "--oci") && len(args) > 1:
			*map[string]*string{"-o": &l.output, "--oci": &l.oci}[a] = args[1]
			args = args[2:]
			continue
		case a == "--":
			l.command = args[1:]
			args = nil
			continue
		case strings.HasPrefix(a, "-") || l.trace != "":
			return nil, fmt.Errorf("'%s' is not understood\n%s", a, policyUsage)
		}
		l.trace, args = args[0], args[1:]
	}
	if (l.trace == "") == (len(l.command) == 0) {
		return nil, fmt.Errorf("a trace or a command is to be learned from\n%s", policyUsage)
	}
	return l, nil
}

// learnPolicy writes what was learned from a trace, or from a command that it runs.
func learnPolicy(w io.Writer, args []string) error {
	l, err := parseLearn(args)
	if err != nil {
		return err
	}
	from := l.trace
	if l.trace == "" {
		from = strings.Join(l.command, " ")
		if l.trace, err = traceCommand(l.command); err != nil {
			return err
		}
		defer os.Remove(l.trace)
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	f, err := os.Open(l.trace)
	if err != nil {
		return err
	}
	defer f.Close()
	learned := policy.NewLearned(nativeABI(), dir)
	if err := learned.Read(f); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	if l.oci != "" {
		if err := writeFile(l.oci, learned.Profile); err != nil {
			return err
		}
	}
	text := func(w io.Writer) error { return learned.Policy(w, from) }
	if l.output == "" {
		return text(w)
	}
	return writeFile(l.output, text)
}

// writeFile writes what write makes into a file that others cannot write to.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// traceCommand runs a command under another ebtrace and returns the name of
// the trace. How the command ends is its own matter.
func traceCommand(command []string) (trace string, err error) {
	f, err := os.CreateTemp("", "ebtrace-learn-")
	if err != nil {
		return "", err
	}
	f.Close()
	cmd := exec.Command("/proc/self/exe", append([]string{"--json", "-y", "-o", f.Name(), "--"}, command...)...)
	cmd.Args[0] = "ebtrace"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stderr, os.Stderr // standard output is for the policy
	err = cmd.Run()
	var exit *exec.ExitError
	if fi, e := os.Stat(f.Name()); e == nil && fi.Size() > 0 && (err == nil || errors.As(err, &exit)) {
		return f.Name(), nil
	}
	os.Remove(f.Name())
	return "", fmt.Errorf("'%s' was not traced: %w", command[0], err)
}
