package main

import (
	"fmt"
	"io"

	"github.com/ebtrace/ebtrace/enforce"
	"github.com/ebtrace/ebtrace/enforce/policy"
)

const policyUsage = `Usage: ebtrace policy check FILE         is it right?
       ebtrace policy explain FILE       what each rule does, how, at which cost
       ebtrace policy test FILE CALL     what a call would get: 'openat(AT_FDCWD, "/etc/shadow", O_RDONLY)'
       ebtrace policy learn [-o FILE] [--oci PROFILE] TRACE       write a policy that allows what a trace in JSON has
       ebtrace policy learn [-o FILE] [--oci PROFILE] -- COMMAND  the same of a command, which is run
`

// policyCommand runs 'ebtrace policy'.
func policyCommand(w io.Writer, args []string) int {
	err := runPolicy(w, args)
	if err != nil {
		say("%v", err)
		return exitAttach
	}
	return 0
}

func runPolicy(w io.Writer, args []string) error {
	if len(args) > 0 && args[0] == "learn" {
		return learnPolicy(w, args[1:])
	}
	want := map[string]int{"check": 2, "explain": 2, "test": 3}
	if len(args) == 0 || want[args[0]] != len(args) {
		return fmt.Errorf("'ebtrace policy' does not understand that\n%s", policyUsage)
	}
	p, err := policy.Load(args[1])
	if err != nil {
		return err
	}
	switch args[0] {
	case "check":
		_, err = fmt.Fprintf(w, "%s: %d rules\n", args[1], len(p.Rules))
	case "explain":
		err = policy.Explain(w, p)
	case "test":
		err = testCall(w, p, args[2])
	}
	return err
}

// testCall tells what a described call would get.
func testCall(w io.Writer, p *policy.Policy, text string) error {
	d, err := policy.ParseCall(nativeABI(), text)
	if err != nil {
		return err
	}
	i := enforce.Judge(p.Rules, nativeABI(), d.NR, d)
	if i < 0 {
		_, err = fmt.Fprintln(w, "no rule: allow")
		return err
	}
	r, note := &p.Rules[i], ""
	if !r.When.Always() {
		note = ", as often as its 'when' says"
	}
	_, err = fmt.Fprintf(w, "%s (line %d): %s%s\n", r.Name, p.Lines[i], policy.Describe(&r.Action), note)
	return err
}
